package tandem.twin.telemetry;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.StreamView;

/** Figures of a node as Prometheus text; taken when asked. Thread-safe. */
final class Metrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<String, MultiGauge> gauges = new TreeMap<>();

  Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  synchronized String scrape(Management.Sources sources, List<ActorView> actors) {
    var streams = sources.streams().get();
    perStream("tandem.stream.offered", streams, StreamView::getOffered);
    perStream("tandem.stream.delivered", streams, StreamView::getDelivered);
    perStream("tandem.stream.dropped", streams, StreamView::getDropped);
    perStream("tandem.stream.late", streams, StreamView::getLate);
    perStream("tandem.stream.duplicate", streams, StreamView::getDuplicate);
    perStream("tandem.stream.gaps", streams, StreamView::getGaps);
    perStream("tandem.stream.hz", streams, StreamView::getHz);
    perStream("tandem.stream.age.ms", streams, StreamView::getAgeMs);
    perKind("tandem.actor.mailbox", actors, ActorView::mailbox);
    perKind("tandem.actor.processed", actors, ActorView::processed);
    perKind("tandem.actor.restarts", actors, ActorView::restarts);
    perGuard(sources.guards().get());
    sources
        .gauges()
        .forEach(
            (name, value) ->
                rows(
                    "tandem." + name,
                    List.of(MultiGauge.Row.of(Tags.empty(), value, v -> v.getAsDouble()))));
    return registry.scrape();
  }

  private void perStream(
      String name, List<StreamView> streams, ToDoubleFunction<StreamView> figure) {
    rows(
        name,
        streams.stream()
            .map(
                stream ->
                    MultiGauge.Row.of(
                        Tags.of("robot", stream.getRobot(), "topic", stream.getTopic()),
                        figure.applyAsDouble(stream)))
            .toList());
  }

  /** Counters of each guard since its start, {@code deadmanTrips} as {@code deadman.trips}. */
  private void perGuard(List<GuardStatus> guards) {
    Map<String, List<MultiGauge.Row<Number>>> rows = new TreeMap<>();
    for (var guard : guards) {
      guard
          .getCountersMap()
          .forEach(
              (counter, count) ->
                  rows.computeIfAbsent(counter, absent -> new ArrayList<>())
                      .add(MultiGauge.Row.of(Tags.of("robot", guard.getRobot()), count)));
    }
    rows.forEach(
        (counter, ofGuards) ->
            rows(
                "tandem.guard."
                    + counter.replaceAll("(?<=[a-z])(?=[A-Z])", ".").toLowerCase(Locale.ROOT),
                ofGuards));
  }

  private void perKind(String name, List<ActorView> actors, ToDoubleFunction<ActorView> figure) {
    Map<String, Double> sums = new TreeMap<>();
    actors.forEach(
        actor ->
            sums.merge(
                actor.kind().isEmpty() ? "other" : actor.kind(),
                Math.max(0, figure.applyAsDouble(actor)),
                Double::sum));
    rows(
        name,
        sums.entrySet().stream()
            .map(sum -> MultiGauge.Row.of(Tags.of("kind", sum.getKey()), sum.getValue()))
            .toList());
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private void rows(String name, List<? extends MultiGauge.Row<?>> rows) {
    gauges
        .computeIfAbsent(name, gauge -> MultiGauge.builder(gauge).register(registry))
        .register((Iterable) rows, true);
  }
}
