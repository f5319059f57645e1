/**
 * Several nodes over one journal: who lives.
 *
 * <p>Start at {@link tandem.twin.site.SharedSite}, which says when all this is used. {@link
 * tandem.twin.site.SiteLease} is the lease in the site's database that the split brain resolver
 * asks for: of two halves exactly one gets it. It does not decide who may write: that is the
 * journal's primary key.
 */
package tandem.twin.site;
