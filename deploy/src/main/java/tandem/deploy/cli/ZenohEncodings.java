package tandem.deploy.cli;

import java.util.List;
import tandem.zenoh.Encoding;

/**
 * Names of the encodings that Zenoh numbers, in the order of their ids, as the core prints them
 * (eclipse-zenoh 1.10, {@code Encoding}); a schema stands behind a semicolon.
 */
final class ZenohEncodings {
  private static final List<String> NAMES =
      List.of(
          "zenoh/bytes",
          "zenoh/string",
          "zenoh/serialized",
          "application/octet-stream",
          "text/plain",
          "application/json",
          "text/json",
          "application/cdr",
          "application/cbor",
          "application/yaml",
          "text/yaml",
          "text/json5",
          "application/python-serialized-object",
          "application/protobuf",
          "application/java-serialized-object",
          "application/openmetrics-text",
          "image/png",
          "image/jpeg",
          "image/gif",
          "image/bmp",
          "image/webp",
          "application/xml",
          "application/x-www-form-urlencoded",
          "text/html",
          "text/xml",
          "text/css",
          "text/javascript",
          "text/markdown",
          "text/csv",
          "application/sql",
          "application/coap-payload",
          "application/json-patch+json",
          "application/json-seq",
          "application/jsonpath",
          "application/jwt",
          "application/mp4",
          "application/soap+xml",
          "application/yang",
          "audio/aac",
          "audio/flac",
          "audio/mp4",
          "audio/ogg",
          "audio/vorbis",
          "video/h261",
          "video/h263",
          "video/h264",
          "video/h265",
          "video/h266",
          "video/mp4",
          "video/ogg",
          "video/raw",
          "video/vp8",
          "video/vp9");

  private ZenohEncodings() {}

  static String name(Encoding encoding) {
    String name =
        encoding.id() >= 0 && encoding.id() < NAMES.size()
            ? NAMES.get(encoding.id())
            : "unknown(" + encoding.id() + ")";
    return encoding.schema() == null ? name : name + ";" + encoding.schema();
  }

  /**
   * An encoding by its name; one that Zenoh does not number travels as schema of zenoh/bytes, as
   * the core does it.
   */
  static Encoding parse(String text) {
    int semicolon = text.indexOf(';');
    String name = semicolon < 0 ? text : text.substring(0, semicolon);
    int id = NAMES.indexOf(name);
    if (id < 0) return new Encoding(0, text);
    return new Encoding(id, semicolon < 0 ? null : text.substring(semicolon + 1));
  }
}
