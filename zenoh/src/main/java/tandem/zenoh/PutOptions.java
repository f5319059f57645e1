package tandem.zenoh;

/**
 * What may accompany a put or delete; null means absent.
 *
 * @param attachment kept, not copied: do not modify it afterwards
 */
public record PutOptions(
    Qos qos, Encoding encoding, byte[] attachment, Timestamp timestamp, SourceInfo sourceInfo) {
  public static final PutOptions DEFAULT =
      new PutOptions(Qos.DATA, Encoding.BYTES, null, null, null);

  public PutOptions withQos(Qos other) {
    return new PutOptions(other, encoding, attachment, timestamp, sourceInfo);
  }

  public PutOptions withEncoding(Encoding other) {
    return new PutOptions(qos, other, attachment, timestamp, sourceInfo);
  }

  public PutOptions withAttachment(byte[] bytes) {
    return new PutOptions(qos, encoding, bytes, timestamp, sourceInfo);
  }

  public PutOptions withTimestamp(Timestamp other) {
    return new PutOptions(qos, encoding, attachment, other, sourceInfo);
  }

  public PutOptions withSourceInfo(SourceInfo other) {
    return new PutOptions(qos, encoding, attachment, timestamp, other);
  }
}
