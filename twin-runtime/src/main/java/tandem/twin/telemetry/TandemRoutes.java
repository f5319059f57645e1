package tandem.twin.telemetry;

import akka.actor.ExtendedActorSystem;
import akka.cluster.Cluster;
import akka.cluster.Member;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import akka.management.javadsl.ManagementRouteProvider;
import akka.management.javadsl.ManagementRouteProviderSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tandem.proto.codec.Json;

/**
 * Our routes of the management port; made by Akka Management by name. All answers are JSON arrays,
 * {@code /metrics} is Prometheus text.
 */
public final class TandemRoutes extends AllDirectives implements ManagementRouteProvider {
  private final ExtendedActorSystem system;
  private final Metrics metrics = new Metrics();

  /** Called by Akka by name. */
  public TandemRoutes(ExtendedActorSystem system) {
    this.system = system;
  }

  @Override
  public Route routes(ManagementRouteProviderSettings settings) {
    return get(
        () ->
            concat(
                path(
                    "metrics",
                    () -> complete(HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, scrape()))),
                pathPrefix(
                    "tandem",
                    () ->
                        concat(
                            path("actors", () -> json(actors())),
                            path("twins", this::twins),
                            path("streams", () -> json(Json.print(sources().streams().get()))),
                            path(
                                "simulators", () -> json(Json.print(sources().simulators().get()))),
                            path("sites", () -> json(sites()))))));
  }

  private Management.Sources sources() {
    return Management.sources(system);
  }

  private Route json(String text) {
    return complete(HttpEntities.create(ContentTypes.APPLICATION_JSON, text));
  }

  private Route twins() {
    return onSuccess(sources().twins().get(), twins -> json(Json.print(twins)));
  }

  private String scrape() {
    return metrics.scrape(sources(), ActorBook.of(system).views());
  }

  private String actors() {
    return ActorBook.of(system).views().stream()
        .map(TandemRoutes::actor)
        .collect(Collectors.joining(",\n", "[", "]"));
  }

  private static String actor(ActorView actor) {
    return "{\"path\":%s,\"kind\":%s,\"mailbox\":%s,\"processed\":%d,\"perSecond\":%s,\"p50Micros\":%s,\"p99Micros\":%s,\"restarts\":%d,\"lastFailure\":%s}"
        .formatted(
            Json.quote(actor.path()),
            Json.quote(actor.kind()),
            actor.mailbox() < 0 ? "null" : Integer.toString(actor.mailbox()),
            actor.processed(),
            number(actor.perSecond()),
            number(actor.p50Micros()),
            number(actor.p99Micros()),
            actor.restarts(),
            actor.lastFailure().isEmpty() ? "null" : Json.quote(actor.lastFailure()));
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
  }

  private String sites() {
    if (!system.settings().ProviderClass().contains("cluster")
        && !system.provider().getClass().getName().contains("Cluster")) {
      return "[]";
    }
    var cluster = Cluster.get(system);
    List<String> members = new ArrayList<>();
    StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
        .sorted(Member.ordering())
        .forEach(
            member ->
                members.add(
                    "{\"address\":%s,\"status\":%s,\"roles\":[%s],\"self\":%s}"
                        .formatted(
                            Json.quote(member.address().toString()),
                            Json.quote(member.status().toString()),
                            member.getRoles().stream()
                                .sorted()
                                .map(Json::quote)
                                .collect(Collectors.joining(",")),
                            member.uniqueAddress().equals(cluster.selfUniqueAddress()))));
    return "[{\"site\":%s,\"home\":true,\"members\":[%s]}]"
        .formatted(Json.quote(sources().site()), String.join(",", members));
  }
}
