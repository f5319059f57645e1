package tandem.ros2.graph;

import java.util.Optional;
import tandem.ros2.Gid;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;

/**
 * One node or endpoint of the ROS graph, as its liveliness token says.
 *
 * <pre>
 * {@literal @}ros2_lv/domain/zid/nid/id/NN/enclave/namespace/node
 * {@literal @}ros2_lv/domain/zid/nid/id/(MP|MS|SS|SC)/enclave/namespace/node/name/type/hash/qos
 * </pre>
 *
 * In enclave, namespace, node, name, type and hash each slash is a percent sign; an unset enclave
 * and the namespace {@code /} are a lone percent sign. One more chunk (buffer back ends) is
 * ignored.
 *
 * @param zid printed id of the session
 * @param nid id of the node within its session
 * @param id id of this entity within its session; of a node its nid
 * @param enclave {@code /} where unset
 * @param namespace with leading slash; {@code /} for none
 * @param node last part of the node's name
 * @param name topic or service, fully qualified; null for a node
 * @param ddsType null for a node
 * @param hash null for a node
 * @param qos null for a node
 */
public record LivelinessToken(
    Kind kind,
    int domain,
    String zid,
    long nid,
    long id,
    String enclave,
    String namespace,
    String node,
    String name,
    String ddsType,
    TypeHash hash,
    Qos qos) {
  public static final String PREFIX = "@ros2_lv";
  private static final int NODE_CHUNKS = 9;
  private static final int ENDPOINT_CHUNKS = 13;

  /** What a token stands for. */
  public enum Kind {
    NODE("NN"),
    PUBLISHER("MP"),
    SUBSCRIPTION("MS"),
    SERVICE_SERVER("SS"),
    SERVICE_CLIENT("SC");

    private final String code;

    Kind(String code) {
      this.code = code;
    }

    /** As in the token. */
    public String code() {
      return code;
    }
  }

  /** All tokens of a domain. */
  public static String selector(int domain) {
    return PREFIX + "/" + domain + "/**";
  }

  /** The token of a node. */
  public static LivelinessToken node(
      int domain, String zid, long nid, String namespace, String node) {
    return new LivelinessToken(
        Kind.NODE, domain, zid, nid, nid, "/", namespace, node, null, null, null, null);
  }

  /** The token of an endpoint of this node. */
  public LivelinessToken endpoint(Kind ofKind, long ofId, TopicKey key, Qos ofQos) {
    return new LivelinessToken(
        ofKind,
        domain,
        zid,
        nid,
        ofId,
        enclave,
        namespace,
        node,
        key.name(),
        key.ddsType(),
        key.hash(),
        ofQos);
  }

  /** Reads a token. */
  public static LivelinessToken parse(String text) {
    String[] chunks = text.split("/", -1);
    if (chunks.length < NODE_CHUNKS || !chunks[0].equals(PREFIX)) {
      throw bad("chunks", "%s and at least 8 more".formatted(PREFIX), chunks.length, text);
    }
    Kind kind = kind(chunks[5], text);
    int needed = kind == Kind.NODE ? NODE_CHUNKS : ENDPOINT_CHUNKS;
    if (chunks.length < needed || chunks.length > needed + 1) {
      throw bad("chunks", needed, chunks.length, text);
    }
    int domain = (int) number("domain", chunks[1], Integer.MAX_VALUE, text);
    long nid = number("node id", chunks[3], Long.MAX_VALUE, text);
    long id = number("id", chunks[4], Long.MAX_VALUE, text);
    String enclave = plain(chunks[6]);
    String namespace = plain(chunks[7]);
    String node = plain(chunks[8]);
    if (kind == Kind.NODE) {
      return new LivelinessToken(
          kind, domain, chunks[2], nid, id, enclave, namespace, node, null, null, null, null);
    }
    return new LivelinessToken(
        kind,
        domain,
        chunks[2],
        nid,
        id,
        enclave,
        namespace,
        node,
        plain(chunks[9]),
        plain(chunks[10]),
        new TypeHash(chunks[11]),
        Qos.parseToken(chunks[12]));
  }

  private static Kind kind(String code, String text) {
    for (Kind kind : Kind.values()) {
      if (kind.code.equals(code)) return kind;
    }
    throw bad("kind", "NN, MP, MS, SS or SC", code, text);
  }

  private static long number(String what, String digits, long max, String text) {
    boolean decimal = digits.length() <= 18 && !digits.isEmpty();
    for (int i = 0; decimal && i < digits.length(); i++) {
      decimal = digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
    }
    if (!decimal || Long.parseLong(digits) > max) {
      throw bad(what, "a decimal number of at most " + max, digits, text);
    }
    return Long.parseLong(digits);
  }

  private static IllegalArgumentException bad(
      String what, Object expected, Object found, String text) {
    return new IllegalArgumentException(
        "liveliness token: %s: expected %s, found %s in \"%s\"; entity not in the graph"
            .formatted(what, expected, found, text));
  }

  /** The key that the entity declares. */
  public String key() {
    String start =
        PREFIX
            + "/"
            + domain
            + "/"
            + zid
            + "/"
            + nid
            + "/"
            + id
            + "/"
            + kind.code
            + "/"
            + mangled(enclave)
            + "/"
            + mangled(namespace)
            + "/"
            + mangled(node);
    if (kind == Kind.NODE) return start;
    return start
        + "/"
        + mangled(name)
        + "/"
        + mangled(ddsType)
        + "/"
        + mangled(hash.text())
        + "/"
        + qos.token();
  }

  /** The gid of the entity: hash of its key. */
  public Gid gid() {
    return Gid.ofToken(key());
  }

  private static String mangled(String text) {
    return text.isEmpty() ? "%" : text.replace('/', '%');
  }

  private static String plain(String chunk) {
    return chunk.replace('%', '/');
  }

  /** Namespace and name of the node: {@code /ada/balance}. */
  public String fullNodeName() {
    return namespace.equals("/") ? "/" + node : namespace + "/" + node;
  }

  /** The key that data of this endpoint is on; of a node nothing. */
  public Optional<TopicKey> topicKey() {
    return kind == Kind.NODE
        ? Optional.empty()
        : Optional.of(new TopicKey(domain, name, ddsType, hash));
  }

  /** The type, where it has the usual form; of a node nothing. */
  public Optional<TypeName> type() {
    return topicKey().flatMap(TopicKey::type);
  }
}
