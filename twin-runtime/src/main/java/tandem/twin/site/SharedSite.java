package tandem.twin.site;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/** Whether the nodes of a site share a journal, and how Akka is set up then. */
public final class SharedSite {
  private SharedSite() {}

  /**
   * The embedded journal belongs to one node; one on a server is shared.
   *
   * @param node everything that the node's configuration says
   */
  public static boolean isShared(Config node) {
    return !node.getString("tandem.twin.journal.url").isEmpty();
  }

  /** What goes above tandem-akka.conf: the lease and what belongs to it, or nothing. */
  public static Config akka(Config node) {
    return isShared(node)
        ? ConfigFactory.parseResources("tandem-site.conf")
        : ConfigFactory.empty();
  }
}
