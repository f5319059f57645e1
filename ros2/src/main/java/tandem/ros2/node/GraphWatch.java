package tandem.ros2.node;

import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Declared;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * Keeps a graph up to date from the liveliness tokens of one domain that a session sees. While the
 * session has no link, the graph is what was last known; the new link puts it right.
 */
public final class GraphWatch implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Declared tokens;

  public GraphWatch(Session session, int domain) {
    tokens = session.subscribeTokens(LivelinessToken.selector(domain), true, this::changed);
  }

  private void changed(Sample sample) {
    switch (sample.kind()) {
      case PUT -> graph.appeared(sample.key());
      case DELETE -> graph.vanished(sample.key());
    }
  }

  public Graph graph() {
    return graph;
  }

  @Override
  public void close() {
    tokens.close();
  }
}
