package tandem.robot.guard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;

/**
 * The key by which a guard proves its sessions (invariant I10): Ed25519, kept in its state
 * directory, mode 600. What is signed: the asker's nonce (32 bytes), a zero byte, the guard's
 * session zid, a zero byte, the asker's router zid, so that an answer cannot be used by another
 * session or at another router. Thread-safe.
 */
public final class GuardKey {
  static final String NAME = "guard.key";
  static final String PUBLIC_NAME = "guard.pub";
  public static final int NONCE_BYTES = 32;

  private final PrivateKey secret;
  private final byte[] publicKey;

  private GuardKey(PrivateKey secret, byte[] publicKey) {
    this.secret = secret;
    this.publicKey = publicKey;
  }

  /** Whether a guard has been started on this directory before. */
  static boolean exists(Path directory) {
    return Files.exists(directory.resolve(NAME));
  }

  /** Reads the key of this directory, or makes one. */
  static GuardKey open(Path directory) throws IOException {
    try {
      if (exists(directory)) {
        PrivateKey secret =
            KeyFactory.getInstance("Ed25519")
                .generatePrivate(
                    new PKCS8EncodedKeySpec(Files.readAllBytes(directory.resolve(NAME))));
        return new GuardKey(secret, Files.readAllBytes(directory.resolve(PUBLIC_NAME)));
      }
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      write(directory, PUBLIC_NAME, pair.getPublic().getEncoded());
      write(directory, NAME, pair.getPrivate().getEncoded());
      return new GuardKey(pair.getPrivate(), pair.getPublic().getEncoded());
    } catch (GeneralSecurityException malformed) {
      throw new IOException(
          directory.resolve(NAME) + ": expected an Ed25519 key in PKCS#8; guard not started",
          malformed);
    }
  }

  /** Writes a small file so that it is there whole or not at all, mode 600, synced. */
  static void write(Path directory, String name, byte[] bytes) throws IOException {
    Path temporary = directory.resolve(name + ".new");
    Files.deleteIfExists(temporary);
    Files.createFile(
        temporary,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (var file =
        java.nio.channels.FileChannel.open(temporary, java.nio.file.StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        file.write(left);
      }
      file.force(true);
    }
    Files.move(
        temporary,
        directory.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    GuardStore.syncDirectory(directory);
  }

  /** X.509 encoding. */
  byte[] publicKey() {
    return publicKey.clone();
  }

  byte[] sign(byte[] nonce, String guardZid, String routerZid) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(secret);
      signature.update(message(nonce, guardZid, routerZid));
      return signature.sign();
    } catch (GeneralSecurityException unusable) {
      throw new UncheckedIOException(new IOException("guard key cannot sign", unusable));
    }
  }

  /**
   * Whether the holder of the private part of {@code publicKey} signed these three; false also for
   * a key or signature that is none.
   */
  public static boolean verify(
      byte[] publicKey, byte[] signature, byte[] nonce, String guardZid, String routerZid) {
    try {
      PublicKey key =
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(publicKey));
      Signature check = Signature.getInstance("Ed25519");
      check.initVerify(key);
      check.update(message(nonce, guardZid, routerZid));
      return check.verify(signature);
    } catch (GeneralSecurityException malformed) {
      return false; // not a key, or not a signature: it proves nothing
    }
  }

  private static byte[] message(byte[] nonce, String guardZid, String routerZid) {
    byte[] guard = guardZid.getBytes(StandardCharsets.US_ASCII);
    byte[] router = routerZid.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer message = ByteBuffer.allocate(nonce.length + guard.length + router.length + 2);
    return message.put(nonce).put((byte) 0).put(guard).put((byte) 0).put(router).array();
  }
}
