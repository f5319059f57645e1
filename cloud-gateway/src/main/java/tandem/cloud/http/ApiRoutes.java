package tandem.cloud.http;

import static akka.http.javadsl.server.PathMatchers.segment;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.http.scaladsl.model.IllegalRequestException;
import akka.stream.javadsl.FileIO;
import akka.util.ByteString;
import com.google.protobuf.MessageOrBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.duration.FiniteDuration;
import tandem.cloud.operator.Requests;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.VersionView;
import tandem.twin.Refused;
import tandem.twin.Twins;

/** The addresses of the API and what each asks of the twins. Holds no state of its own. */
final class ApiRoutes extends AllDirectives {
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);
  private static final FiniteDuration BODY_WITHIN = FiniteDuration.create(5, TimeUnit.SECONDS);
  private static final int MAX_COMMANDS = 500;
  private static final int MAX_PLAYED_HZ = 100;
  private static final Logger LOG = LoggerFactory.getLogger(ApiRoutes.class);

  private final Twins twins;
  private final AuditDoor audit;
  private final Optional<Narration> narration;
  private final LiveHub live;
  private final TeleopHub teleop;
  private final VersionView version;
  private final RequestGate gate;
  private final Optional<ConsoleFiles> console;
  private final int maxBodyBytes;
  private final Clock clock;

  ApiRoutes(
      Twins twins,
      AuditDoor audit,
      Optional<Narration> narration,
      LiveHub live,
      TeleopHub teleop,
      VersionView version,
      ApiSettings settings) {
    this.twins = twins;
    this.audit = audit;
    this.narration = narration;
    this.live = live;
    this.teleop = teleop;
    this.version = version;
    this.gate = new RequestGate(settings.hostNames());
    this.console = settings.console() ? Optional.of(new ConsoleFiles()) : Optional.empty();
    this.maxBodyBytes = settings.maxBodyBytes();
    this.clock = Clock.systemUTC();
  }

  /** Everything, with failures and rejections as {@code ErrorView}. */
  Route all() {
    var failures =
        ExceptionHandler.newBuilder().matchAny(failure -> complete(answerTo(failure))).build();
    var rejections =
        RejectionHandler.defaultHandler().mapRejectionResponse(ApiRoutes::rejectionAsJson);
    return extractRequest(
            request ->
                gate.refusal(header(request, "Host"), header(request, "Origin"))
                    .map(
                        why ->
                            complete(
                                Answers.failed(
                                    StatusCodes.FORBIDDEN,
                                    "tandem.request.origin",
                                    why + "; request not passed on")))
                    .orElseGet(() -> concat(pathPrefix("api", this::api), pages())))
        .seal(rejections, failures);
  }

  private Route api() {
    return concat(
        pathPrefix("twins", this::twins),
        pathPrefix("commands", () -> pathPrefix(segment(), this::command)),
        path("streams", this::streams),
        pathPrefix("simulators", this::simulators),
        path("alarms", () -> get(() -> answerAll(twins::alarms))),
        path("version", () -> get(() -> complete(Answers.json(version)))),
        path("story", this::story),
        path("ws", this::live),
        path("teleop", this::teleop),
        pathPrefix("audit", this::audit));
  }

  /** The id goes as a parameter: it has slashes. */
  private Route simulators() {
    return concat(
        pathEndOrSingleSlash(() -> get(() -> complete(Answers.json(twins.simulators())))),
        path("start", () -> runSimulator(true)),
        path("stop", () -> runSimulator(false)));
  }

  private Route runSimulator(boolean run) {
    return post(() -> parameter("id", id -> answer(() -> twins.runSimulator(id, run))));
  }

  private Route twins() {
    return concat(
        pathEndOrSingleSlash(() -> get(() -> answerAll(twins::list))),
        pathPrefix(segment(), this::twin));
  }

  private Route twin(String robot) {
    return concat(
        pathEndOrSingleSlash(() -> get(() -> answer(() -> twins.show(robot)))),
        path("description", () -> get(() -> description(robot))),
        pathPrefix("profile", () -> profile(robot)),
        path("lease", () -> lease(robot)),
        path("commands", () -> commands(robot)),
        path("rearm", () -> rearm(robot)),
        path(
            "stop",
            () ->
                post(
                    () ->
                        body(
                            false, json -> answer(() -> twins.stop(Requests.stop(robot, json)))))));
  }

  private Route description(String robot) {
    return respond(
        () -> twins.description(robot),
        urdf ->
            HttpResponse.create()
                .addHeader(RawHeader.create("Cache-Control", "no-cache"))
                .addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"))
                .withEntity(HttpEntities.create(ContentTypes.TEXT_XML_UTF8, urdf)));
  }

  private Route profile(String robot) {
    return concat(
        pathEnd(() -> get(() -> answer(() -> twins.profile(robot)))),
        path("proposed", () -> get(() -> answer(() -> twins.proposedProfile(robot)))),
        path(
            "accept",
            () ->
                post(
                    () ->
                        body(
                            true,
                            json ->
                                answer(
                                    () ->
                                        twins.acceptProfile(
                                            robot, Requests.asked(robot, json).getBy()))))));
  }

  private Route rearm(String robot) {
    return post(
        () ->
            body(
                true,
                json -> {
                  var asked = Requests.asked(robot, json);
                  return answer(() -> twins.rearm(robot, asked.getBy(), asked.getReason()));
                }));
  }

  private Route lease(String robot) {
    return concat(
        get(
            () ->
                answer(
                    () ->
                        twins.lease(
                            LeaseRequest.newBuilder().setRobot(robot).setAction("show").build()))),
        post(() -> body(true, json -> answer(() -> twins.lease(Requests.lease(robot, json))))));
  }

  private Route commands(String robot) {
    return concat(
        get(
            () ->
                parameterOptional(
                    "atMost",
                    atMost ->
                        answerAll(
                            () ->
                                twins.commands(
                                    robot, whole("atMost", atMost.orElse("50"), MAX_COMMANDS))))),
        post(() -> body(true, json -> answer(() -> twins.command(Requests.command(robot, json))))));
  }

  private Route command(String id) {
    return concat(
        pathEnd(
            () ->
                get(
                    () ->
                        parameterOptional(
                            "wait",
                            wait ->
                                answer(
                                    () ->
                                        twins.await(
                                            id,
                                            wait.map(ApiRoutes::duration)
                                                .filter(d -> d.compareTo(MAX_WAIT) < 0)
                                                .orElse(
                                                    wait.isPresent()
                                                        ? MAX_WAIT
                                                        : Duration.ZERO)))))),
        path(
            "cancel",
            () ->
                post(
                    () ->
                        body(
                            true,
                            json -> {
                              var asked = Requests.asked("", json);
                              return answer(
                                  () -> twins.cancel(id, asked.getBy(), asked.getReason()));
                            }))));
  }

  private Route streams() {
    return get(
        () ->
            parameterOptional(
                "robot", robot -> answerAll(() -> twins.streams(robot.orElse(null)))));
  }

  private Route story() {
    return get(
        () ->
            complete(
                narration
                    .map(told -> Answers.json(told.now()))
                    .orElseGet(
                        () ->
                            Answers.failed(
                                StatusCodes.NOT_FOUND,
                                "tandem.story.none",
                                "this node tells no story"))));
  }

  private Route live() {
    return live.connect()
        .map(this::handleWebSocketMessages)
        .orElseGet(
            () ->
                complete(
                    Answers.failed(
                        StatusCodes.SERVICE_UNAVAILABLE,
                        "tandem.api.clients",
                        "as many live clients as permitted are connected; not connected")));
  }

  private Route teleop() {
    return parameter(
        "robot",
        robot ->
            parameter(
                "command",
                command ->
                    teleop
                        .connect(robot, command)
                        .map(this::handleWebSocketMessages)
                        .orElseGet(
                            () ->
                                complete(
                                    Answers.failed(
                                        StatusCodes.SERVICE_UNAVAILABLE,
                                        "tandem.api.clients",
                                        "as many held controls as permitted are connected; not"
                                            + " connected")))));
  }

  private Route audit() {
    return get(
        () ->
            concat(
                path(
                    "verify",
                    () ->
                        parameterOptional(
                            "robot",
                            robot ->
                                respond(
                                    () -> audit.verify(robot.orElse(null)),
                                    verdict ->
                                        lines(verdict.lines())
                                            .addHeader(
                                                RawHeader.create(
                                                    "Tandem-Audit-Ok", "" + verdict.ok()))))),
                path(segment("replay").slash(segment()), this::replay),
                path(segment("playback").slash(segment()), this::playback),
                path(
                    segment("explain").slash(segment()),
                    id -> respond(() -> audit.explain(id), ApiRoutes::lines)),
                path(segment("export").slash(segment()), this::export)));
  }

  private Route replay(String robot) {
    return parameterOptional(
        "at",
        at ->
            parameterOptional(
                "sequence",
                sequence ->
                    respond(
                        () -> {
                          if (at.isPresent() == sequence.isPresent())
                            throw new Refused(
                                "tandem.request.invalid",
                                "replay: expected one of at, sequence; nothing replayed");
                          return at.isPresent()
                              ? audit.replay(robot, instant("at", at.get()))
                              : audit.replay(
                                  robot, number("sequence", sequence.get(), Long.MAX_VALUE));
                        },
                        json -> Answers.jsonText(StatusCodes.OK, json))));
  }

  private Route playback(String robot) {
    return parameter(
        "from",
        from ->
            parameter(
                "to",
                to ->
                    parameterOptional(
                        "hz",
                        hz ->
                            respond(
                                () ->
                                    audit.playback(
                                        robot,
                                        instant("from", from),
                                        instant("to", to),
                                        Math.max(1, whole("hz", hz.orElse("25"), MAX_PLAYED_HZ))),
                                json -> Answers.jsonText(StatusCodes.OK, json)))));
  }

  private Route export(String robot) {
    return parameterOptional(
        "format",
        format ->
            parameterOptional(
                "from",
                from ->
                    parameterOptional(
                        "to",
                        to ->
                            parameterOptional(
                                "topics",
                                topics ->
                                    respond(
                                        () ->
                                            audit.export(
                                                new AuditDoor.Export(
                                                    robot,
                                                    format(format.orElse("mcap")),
                                                    from.map(t -> instant("from", t)).orElse(null),
                                                    to.map(t -> instant("to", t)).orElse(null),
                                                    topics
                                                        .map(t -> Set.of(t.split(",")))
                                                        .orElse(Set.of()))),
                                        ApiRoutes::file)))));
  }

  private Route pages() {
    if (console.isEmpty()) return reject();
    return get(() -> extractUnmatchedPath(path -> extractRequest(request -> page(path, request))));
  }

  private Route page(String path, HttpRequest request) {
    if (path.equals("/api") || path.startsWith("/api/")) return reject();
    String name = path.startsWith("/") ? path.substring(1) : path;
    return complete(console.get().answer(name, header(request, "If-None-Match")));
  }

  // One JSON body of limited size; a page of another site cannot send this type without being
  // asked.
  private Route body(boolean required, Function<String, Route> inner) {
    return extractRequest(
        request -> {
          boolean json =
              request.entity().getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON);
          boolean nothing =
              !required && request.entity().getContentLengthOption().orElse(-1L) == 0L;
          if (!json && !nothing)
            return complete(
                Answers.failed(
                    StatusCodes.UNSUPPORTED_MEDIA_TYPE,
                    "tandem.request.type",
                    "Content-Type: expected application/json, found %s; request not passed on"
                        .formatted(request.entity().getContentType())));
          long length = request.entity().getContentLengthOption().orElse(-1L);
          if (length > maxBodyBytes)
            return complete(
                Answers.failed(
                    StatusCodes.CONTENT_TOO_LARGE,
                    "tandem.request.size",
                    "body: expected at most %d bytes, found %d; request not passed on"
                        .formatted(maxBodyBytes, length)));
          return extractStrictEntity(
              BODY_WITHIN, maxBodyBytes, strict -> inner.apply(utf8(strict.getData())));
        });
  }

  private static String utf8(ByteString bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toArrayUnsafe()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new Refused(
          "tandem.request.malformed",
          "body: expected UTF-8 (" + e.getMessage() + "); not passed on");
    }
  }

  private <T extends MessageOrBuilder> Route answer(Supplier<CompletionStage<T>> question) {
    return respond(question, Answers::json);
  }

  private <T extends MessageOrBuilder> Route answerAll(
      Supplier<CompletionStage<List<T>>> question) {
    return respond(question, Answers::json);
  }

  private <T> Route respond(
      Supplier<CompletionStage<T>> question, Function<T, HttpResponse> answer) {
    return completeWithFuture(
        Answers.guarded(question)
            .handle(
                (value, failure) ->
                    failure == null ? answer.apply(value) : Answers.failed(failure)));
  }

  private static HttpResponse answerTo(Throwable failure) {
    return switch (failure) {
      case EntityStreamSizeException tooLarge ->
          Answers.failed(
              StatusCodes.CONTENT_TOO_LARGE,
              "tandem.request.size",
              tooLarge.getMessage() + "; request not passed on");
      case IllegalRequestException illegal ->
          Answers.failed(
              illegal.status(),
              "tandem.request.rejected",
              illegal.getMessage() + "; request not passed on");
      default -> Answers.failed(failure);
    };
  }

  private static HttpResponse rejectionAsJson(HttpResponse response) {
    if (!(response.entity() instanceof akka.http.javadsl.model.HttpEntity.Strict strict)
        || strict.getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)) return response;
    String code =
        response.status().intValue() == 404 ? "tandem.api.unknown" : "tandem.request.rejected";
    return Answers.failed(response.status(), code, strict.getData().utf8String())
        .addHeaders(response.getHeaders());
  }

  private static HttpResponse lines(List<String> lines) {
    return Answers.jsonText(StatusCodes.OK, "[" + String.join(",", lines) + "]");
  }

  private static HttpResponse file(Path path) {
    try {
      var bytes =
          FileIO.fromPath(path)
              .watchTermination(
                  (size, done) -> {
                    done.whenComplete((ok, failure) -> delete(path));
                    return size;
                  });
      return HttpResponse.create()
          .addHeader(
              RawHeader.create(
                  "Content-Disposition", "attachment; filename=\"" + path.getFileName() + '"'))
          .withEntity(
              HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, Files.size(path), bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("export: " + path.getFileName() + " cannot be read", e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("export: temporary file {} not deleted: {}", path, e.toString());
    }
  }

  private static String header(HttpRequest request, String name) {
    return request.getHeader(name).map(HttpHeader::value).orElse(null);
  }

  private static String format(String text) {
    if (Set.of("mcap", "jsonl", "bundle").contains(text)) return text;
    throw new Refused(
        "tandem.request.invalid",
        "format: expected mcap, jsonl or bundle, found " + text + "; no export");
  }

  private static int whole(String field, String text, int max) {
    return (int) number(field, text, max);
  }

  private static long number(String field, String text, long max) {
    try {
      long value = Long.parseLong(text);
      if (value >= 0 && value <= max) return value;
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new Refused(
        "tandem.request.invalid", "%s: expected 0..%d, found %s".formatted(field, max, text));
  }

  private Instant instant(String field, String text) {
    try {
      return text.startsWith("-")
          ? clock.instant().minus(duration(text.substring(1)))
          : Instant.parse(text);
    } catch (java.time.format.DateTimeParseException e) {
      throw new Refused(
          "tandem.request.invalid",
          "%s: expected ISO-8601 UTC or, as -10s, a time before now; found %s"
              .formatted(field, text));
    }
  }

  private static Duration duration(String text) {
    var number = java.util.regex.Pattern.compile("(\\d{1,9})(ms|s|m)").matcher(text);
    if (!number.matches())
      throw new Refused(
          "tandem.request.invalid", "duration: expected as 500ms, 5s or 1m, found " + text);
    long value = Long.parseLong(number.group(1));
    return switch (number.group(2)) {
      case "ms" -> Duration.ofMillis(value);
      case "s" -> Duration.ofSeconds(value);
      default -> Duration.ofMinutes(value);
    };
  }
}
