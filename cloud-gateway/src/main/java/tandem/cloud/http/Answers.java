package tandem.cloud.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCode;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.CacheControl;
import akka.http.javadsl.model.headers.CacheDirectives;
import com.google.protobuf.MessageOrBuilder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.Json;
import tandem.proto.v1.ErrorView;
import tandem.twin.Refused;

/** Answers and failures as HTTP: one JSON value, never cached. Stateless. */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  private Answers() {}

  record Failure(StatusCode status, ErrorView view) {}

  static HttpResponse json(MessageOrBuilder message) {
    return jsonText(StatusCodes.OK, Json.print(message));
  }

  static HttpResponse json(List<? extends MessageOrBuilder> messages) {
    return jsonText(StatusCodes.OK, Json.print(messages));
  }

  /** JSON that is already text. */
  static HttpResponse jsonText(StatusCode status, String json) {
    return HttpResponse.create()
        .withStatus(status)
        .addHeader(CacheControl.create(CacheDirectives.NO_STORE))
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, json));
  }

  static HttpResponse failed(Throwable failure) {
    var error = error(failure);
    return jsonText(error.status(), Json.print(error.view()));
  }

  static HttpResponse failed(StatusCode status, String code, String error) {
    return jsonText(
        status, Json.print(ErrorView.newBuilder().setCode(code).setError(error).build()));
  }

  /** A question that throws instead of answering is a failed answer. */
  static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> question) {
    try {
      return question.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What went wrong, for the one who asked. */
  static Failure error(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) cause = cause.getCause();
    return switch (cause) {
      case Refused refused -> view(status(refused.code()), refused.code(), refused.getMessage());
      case TimeoutException late ->
          view(
              StatusCodes.SERVICE_UNAVAILABLE,
              "tandem.api.timeout",
              "no answer in time, so it is not known what was done: " + late.getMessage());
      case IllegalArgumentException malformed ->
          view(StatusCodes.BAD_REQUEST, "tandem.request.malformed", malformed.getMessage());
      default -> {
        LOG.error("request failed", cause);
        yield view(
            StatusCodes.INTERNAL_SERVER_ERROR,
            "tandem.api.failure",
            "%s; it is not known what was done; see the node's log".formatted(cause));
      }
    };
  }

  private static Failure view(StatusCode status, String code, String error) {
    return new Failure(
        status,
        ErrorView.newBuilder().setCode(code).setError(error == null ? code : error).build());
  }

  /** By the last part of the code; what is refused as things are is a conflict. */
  static StatusCode status(String code) {
    if (code.startsWith("tandem.request.")) return StatusCodes.BAD_REQUEST;
    return switch (code.substring(code.lastIndexOf('.') + 1)) {
      case "unknown", "missing", "no-description" -> StatusCodes.NOT_FOUND;
      case "unavailable", "timeout", "no-answer", "unconfirmed" -> StatusCodes.SERVICE_UNAVAILABLE;
      default -> StatusCodes.CONFLICT;
    };
  }
}
