/**
 * Several nodes over one journal: who lives, and how the others learn quickly that one died.
 *
 * <p>Start at {@link tandem.twin.site.SharedSite}, which says when all this is used. {@link
 * tandem.twin.site.SiteLease} is the lease in the site's database that the split brain resolver
 * asks for: of two halves exactly one gets it. {@link tandem.twin.site.LifeLines} keeps a TCP
 * connection to each other node and downs the one whose process is gone, long before a failure
 * detector would know. Neither decides who may write: that is the journal's primary key.
 */
package tandem.twin.site;
