package tandem.twin.checkpoint;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A node's key: Ed25519, in a file of 64 bytes, mode 600: the secret seed, then the public key.
 *
 * <p>Immutable and thread-safe.
 */
public final class NodeKey {
  private static final int HALF = 32;
  private static final byte[] PKCS8 =
      HexFormat.of().parseHex("302e020100300506032b657004220420"); // RFC 8410, then the seed
  private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

  private final byte[] seed;
  private final PrivateKey secret;
  private final ByteString publicKey;

  private NodeKey(byte[] seed, ByteString publicKey) throws GeneralSecurityException {
    this.seed = seed;
    this.publicKey = publicKey;
    this.secret =
        KeyFactory.getInstance("Ed25519")
            .generatePrivate(new PKCS8EncodedKeySpec(joined(PKCS8, seed)));
  }

  static NodeKey make() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      byte[] secret = pair.getPrivate().getEncoded();
      byte[] open = pair.getPublic().getEncoded();
      return new NodeKey(
          Arrays.copyOfRange(secret, PKCS8.length, PKCS8.length + HALF),
          ByteString.copyFrom(open, X509.length, HALF));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Ed25519 is part of every JDK", e);
    }
  }

  /**
   * @throws IOException where the file is no such key
   */
  static NodeKey read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 2 * HALF) {
      try {
        var key =
            new NodeKey(
                Arrays.copyOf(bytes, HALF), ByteString.copyFrom(bytes, HALF, bytes.length - HALF));
        byte[] trial = {1};
        if (verify(key.publicKey, trial, ByteString.copyFrom(key.sign(trial)))) return key;
      } catch (GeneralSecurityException e) {
        throw new IOException(file + ": expected an Ed25519 key; nothing is signed", e);
      }
    }
    throw new IOException(
        "%s: expected the %d bytes of a secret and its public key, found %d that are none; nothing is signed"
            .formatted(file, 2 * HALF, bytes.length));
  }

  /** Makes the file, which must not be there, and syncs it. */
  void write(Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (var out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var left = ByteBuffer.wrap(joined(seed, publicKey.toByteArray()));
      while (left.hasRemaining()) out.write(left);
      out.force(true);
    }
  }

  /** As in RFC 8032: 32 bytes. */
  public ByteString publicKey() {
    return publicKey;
  }

  /** 64 bytes. */
  public byte[] sign(byte[] message) {
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(secret);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the node's key cannot sign", e);
    }
  }

  /** False, too, for a key or a signature that is none. */
  static boolean verify(ByteString publicKey, byte[] message, ByteString signature) {
    try {
      var check = Signature.getInstance("Ed25519");
      check.initVerify(
          KeyFactory.getInstance("Ed25519")
              .generatePublic(new X509EncodedKeySpec(joined(X509, publicKey.toByteArray()))));
      check.update(message);
      return check.verify(signature.toByteArray());
    } catch (GeneralSecurityException malformed) {
      return false; // no key, or no signature: it proves nothing
    }
  }

  private static byte[] joined(byte[] first, byte[] then) {
    byte[] both = Arrays.copyOf(first, first.length + then.length);
    System.arraycopy(then, 0, both, first.length, then.length);
    return both;
  }
}
