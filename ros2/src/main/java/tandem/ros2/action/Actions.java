package tandem.ros2.action;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;

/** Actions as a graph shows them: by the servers and clients of their send_goal services. */
public final class Actions {
  private static final String SUFFIX = "_SendGoal";

  private Actions() {}

  /**
   * One action.
   *
   * @param name fully qualified, without {@code /_action/...}
   * @param hash of its send_goal service
   * @param servers tokens of those who serve it
   * @param clients tokens of those who call it
   */
  public record Found(
      String name,
      TypeName type,
      TypeHash hash,
      List<LivelinessToken> servers,
      List<LivelinessToken> clients) {}

  /** The action that a token of a send_goal service belongs to; of any other token nothing. */
  public static Optional<Found> of(LivelinessToken token) {
    if (token.kind() != Kind.SERVICE_SERVER && token.kind() != Kind.SERVICE_CLIENT) {
      return Optional.empty();
    }
    if (!token.name().endsWith(ActionKeys.SEND_GOAL)) return Optional.empty();
    return token
        .type()
        .filter(type -> type.kind().equals("action") && type.name().endsWith(SUFFIX))
        .map(
            type -> {
              boolean server = token.kind() == Kind.SERVICE_SERVER;
              return new Found(
                  action(token.name()),
                  new TypeName(
                      type.pkg(),
                      type.kind(),
                      type.name().substring(0, type.name().length() - SUFFIX.length())),
                  token.hash(),
                  server ? List.of(token) : List.of(),
                  server ? List.of() : List.of(token));
            });
  }

  /** The action that a service or topic belongs to by its name; itself where it is none. */
  public static String action(String name) {
    int at = name.indexOf("/_action/");
    return at <= 0 ? name : name.substring(0, at);
  }

  /** All actions among the tokens, by name. */
  public static List<Found> among(Iterable<LivelinessToken> tokens) {
    var byKey = new TreeMap<String, Found>();
    for (LivelinessToken token : tokens) {
      of(token)
          .ifPresent(
              found ->
                  byKey.merge(
                      found.name() + " " + found.type() + " " + found.hash(),
                      found,
                      Actions::merged));
    }
    return List.copyOf(byKey.values());
  }

  private static Found merged(Found one, Found other) {
    List<LivelinessToken> servers = new ArrayList<>(one.servers());
    servers.addAll(other.servers());
    List<LivelinessToken> clients = new ArrayList<>(one.clients());
    clients.addAll(other.clients());
    return new Found(
        one.name(), one.type(), one.hash(), List.copyOf(servers), List.copyOf(clients));
  }
}
