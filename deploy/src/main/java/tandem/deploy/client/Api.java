package tandem.deploy.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tandem.proto.codec.Json;

/**
 * The HTTP API of a running node (docs/api.md), asked synchronously. A refusal is a {@link
 * CliFailure} with the server's own words; so is a node that does not answer.
 */
public final class Api implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String base;

  /**
   * @param base as {@code http://127.0.0.1:8080}
   */
  public Api(String base) {
    this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    String scheme = URI.create(this.base).getScheme();
    if (!"http".equals(scheme) && !"https".equals(scheme))
      throw new WrongUsage("--api: expected http://HOST:PORT, found '" + base + "'");
  }

  /** The node did not answer; different from a node that answers no. */
  public static final class Unreachable extends RuntimeException {
    Unreachable(String message) {
      super(message, null, false, false);
    }
  }

  /** The body of a GET, as text. */
  public String get(String path) {
    return body(send(request(path).GET(), Duration.ofSeconds(60)));
  }

  /** The whole answer of a GET, for those that look at headers. */
  public HttpResponse<String> answer(String path, Duration within) {
    var response = send(request(path).GET(), within);
    body(response);
    return response;
  }

  /** The body of a GET as maps and lists. */
  public Object value(String path) {
    return Json.parse(get(path));
  }

  /** The body of a GET as a list of objects. */
  @SuppressWarnings("unchecked")
  public List<Map<String, Object>> list(String path) {
    return (List<Map<String, Object>>) value(path);
  }

  /** Posts JSON; the body of the answer. */
  public String post(String path, String json) {
    return post(path, json, Duration.ofSeconds(60));
  }

  /** Posts JSON and waits no longer than this. */
  public String post(String path, String json, Duration within) {
    return body(
        send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)),
            within));
  }

  /** Writes the body of a GET into a file, which is replaced only when all of it has come. */
  public void download(String path, java.nio.file.Path file) {
    var part = file.resolveSibling(file.getFileName() + ".part");
    try {
      var response =
          client.send(
              request(path).timeout(Duration.ofMinutes(30)).GET().build(),
              BodyHandlers.ofFile(part));
      if (response.statusCode() / 100 != 2)
        throw refusal(java.nio.file.Files.readString(part), response.statusCode());
      java.nio.file.Files.move(part, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CliFailure(
          "%s%s into %s: %s; file not written".formatted(base, path, file, said(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted; " + file + " not written");
    } finally {
      try {
        java.nio.file.Files.deleteIfExists(part);
      } catch (IOException e) {
        System.err.println("tandem: " + part + " not removed: " + said(e));
      }
    }
  }

  /** A WebSocket under the same address. */
  public java.net.http.WebSocket socket(String path, java.net.http.WebSocket.Listener listener) {
    try {
      return client
          .newWebSocketBuilder()
          .buildAsync(URI.create("ws" + base.substring(4) + path), listener)
          .join();
    } catch (java.util.concurrent.CompletionException e) {
      throw new Unreachable(
          "%s: no live channel (%s)".formatted(base, said((Exception) e.getCause())));
    }
  }

  /** One segment of a path or one value of a query. */
  public static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request, Duration within) {
    try {
      return client.send(request.timeout(within).build(), BodyHandlers.ofString());
    } catch (ConnectException | HttpTimeoutException e) {
      throw new Unreachable(
          "%s does not answer (%s); is a node running there? (--api names another)"
              .formatted(base, said(e)));
    } catch (IOException e) {
      throw new Unreachable(
          "%s: connection lost (%s); the result is not known".formatted(base, said(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted while waiting for " + base);
    }
  }

  private static String body(HttpResponse<String> response) {
    if (response.statusCode() / 100 == 2) return response.body();
    throw refusal(response.body(), response.statusCode());
  }

  private static CliFailure refusal(String body, int status) {
    try {
      if (Json.parse(body) instanceof Map<?, ?> view && view.get("error") != null)
        return new CliFailure(view.get("error") + " [" + view.get("code") + "]");
    } catch (IllegalArgumentException e) {
      return new CliFailure("HTTP " + status + ": " + body);
    }
    return new CliFailure("HTTP " + status + ": " + body);
  }

  private static String said(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
