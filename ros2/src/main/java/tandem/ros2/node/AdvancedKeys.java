package tandem.ros2.node;

/** Keys and parameters of zenoh-ext's advanced publishers and subscribers. */
final class AdvancedKeys {
  private static final String PUBLISHERS = "/@adv/pub/**";
  private static final String PUBLISHER = "/@adv/pub/";

  private AdvancedKeys() {}

  /** Queryable and token of one publisher. */
  static String publisher(String dataKey, String zid, long entityId) {
    return dataKey + PUBLISHER + zid + "/" + entityId + "/_";
  }

  /** Tokens of all publishers on keys that match. */
  static String publishers(String dataKeyExpr) {
    return dataKeyExpr + PUBLISHERS;
  }

  /** All caches on keys that match. */
  static String caches(String dataKeyExpr) {
    return dataKeyExpr + "/@adv/**";
  }

  /** The data key behind a publisher's token; null where it is none. */
  static String dataKey(String publisherKey) {
    int at = publisherKey.indexOf(PUBLISHER);
    return at <= 0 ? null : publisherKey.substring(0, at);
  }

  /** Parameters of a query for the newest {@code depth} samples, answered on the data key. */
  static String history(int depth) {
    return "?_max=" + depth + ";_anyke";
  }
}
