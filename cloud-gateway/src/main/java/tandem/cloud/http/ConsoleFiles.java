package tandem.cloud.http;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The console's files, from {@code /console} on the class path: our own modules and the unpacked
 * three.js. Small and constant, so each is kept after its first use, with a validator; pages ask
 * again each time (no-cache) and are told "not modified".
 *
 * <p>The page may load nothing from elsewhere. Its import map is the one inline block, permitted by
 * its hash, for browsers know no import map in a file of its own.
 */
final class ConsoleFiles {
  private static final String ROOT = "/console/";
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*");
  private static final Pattern IMPORT_MAP =
      Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);
  private static final Map<String, ContentType> TYPES =
      Map.of(
          "html", ContentTypes.TEXT_HTML_UTF8,
          "js", MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8),
          "css", MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8),
          "svg", MediaTypes.IMAGE_SVG_XML.toContentType(),
          "json", ContentTypes.APPLICATION_JSON,
          "png", MediaTypes.IMAGE_PNG.toContentType());

  private final Map<String, Optional<Page>> pages = new ConcurrentHashMap<>();
  private final String policy;

  ConsoleFiles() {
    policy =
        policy(
            load("index.html")
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "console: index.html expected on the class path under /console, found"
                                + " nothing")));
  }

  private record Page(ContentType type, byte[] bytes, String tag) {}

  /**
   * @param path below the root, decoded, without leading slash; empty: the page
   * @param knownTag If-None-Match of the request, or null
   */
  HttpResponse answer(String path, String knownTag) {
    String name = path.isEmpty() ? "index.html" : path;
    if (!plain(name)) return missing(name);
    // Only names that exist are remembered: asking for others may not fill the memory.
    var page = pages.get(name);
    if (page == null) {
      page = load(name);
      if (page.isPresent()) pages.put(name, page);
    }
    if (page.isEmpty()) return missing(name);
    var found = page.get();
    List<HttpHeader> headers =
        List.of(
            RawHeader.create("ETag", found.tag()),
            RawHeader.create("Cache-Control", "no-cache"),
            RawHeader.create("Content-Security-Policy", policy),
            RawHeader.create("X-Content-Type-Options", "nosniff"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cross-Origin-Opener-Policy", "same-origin"),
            RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"));
    if (found.tag().equals(knownTag))
      return HttpResponse.create().withStatus(StatusCodes.NOT_MODIFIED).addHeaders(headers);
    return HttpResponse.create()
        .addHeaders(headers)
        .withEntity(HttpEntities.create(found.type(), found.bytes()));
  }

  private static boolean plain(String path) {
    if (path.length() > 200) return false;
    for (var part : path.split("/", -1)) if (!PLAIN.matcher(part).matches()) return false;
    return TYPES.containsKey(extension(path));
  }

  private static String extension(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private static HttpResponse missing(String name) {
    String shown = name.length() > 80 ? name.substring(0, 80) + "..." : name;
    return Answers.failed(
        StatusCodes.NOT_FOUND, "tandem.console.unknown", "no page of that name: " + shown);
  }

  private Optional<Page> load(String name) {
    try (var in = ConsoleFiles.class.getResourceAsStream(ROOT + name)) {
      if (in == null) return Optional.empty();
      byte[] bytes = in.readAllBytes();
      String tag = '"' + HexFormat.of().formatHex(sha256(bytes), 0, 16) + '"';
      return Optional.of(new Page(TYPES.get(extension(name)), bytes, tag));
    } catch (IOException e) {
      throw new UncheckedIOException("console: " + name + " cannot be read from the class path", e);
    }
  }

  private static String policy(Page index) {
    var scripts = new StringBuilder("'self'");
    var maps = IMPORT_MAP.matcher(new String(index.bytes(), StandardCharsets.UTF_8));
    while (maps.find()) {
      byte[] hash = sha256(maps.group(1).getBytes(StandardCharsets.UTF_8));
      scripts.append(" 'sha256-").append(Base64.getEncoder().encodeToString(hash)).append('\'');
    }
    return "default-src 'self'; script-src %s; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
        .formatted(scripts);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
