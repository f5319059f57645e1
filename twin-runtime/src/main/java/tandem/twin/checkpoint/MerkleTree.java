package tandem.twin.checkpoint;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.codec.SealedEvent;

/**
 * The tree of RFC 6962, section 2.1, with SHA-256: a leaf is hashed behind a zero byte, a node
 * behind a one byte; a leaf keeps its place for ever. Changing a leaf costs one path, so a
 * checkpoint costs what moved and not what is there.
 */
public final class MerkleTree {
  private static final byte LEAF = 0;
  private static final byte NODE = 1;

  private final List<List<byte[]>> levels = new ArrayList<>(List.of(new ArrayList<>()));

  public int size() {
    return levels.getFirst().size();
  }

  /** Replaces a leaf, or adds one where the index is the size. */
  public void set(int index, byte[] leaf) {
    put(levels.getFirst(), index, hash(LEAF, leaf, new byte[0]));
    int at = index;
    for (int level = 0; levels.get(level).size() > 1; level++) {
      if (level + 1 == levels.size()) levels.add(new ArrayList<>());
      var nodes = levels.get(level);
      at /= 2;
      byte[] left = nodes.get(2 * at);
      boolean pair = 2 * at + 1 < nodes.size();
      put(levels.get(level + 1), at, pair ? hash(NODE, left, nodes.get(2 * at + 1)) : left);
    }
  }

  private static void put(List<byte[]> nodes, int index, byte[] hash) {
    if (index == nodes.size()) nodes.add(hash);
    else nodes.set(index, hash);
  }

  /** Of an empty tree: SHA-256 of nothing. */
  public byte[] root() {
    return size() == 0 ? SealedEvent.sha256().digest() : levels.getLast().getFirst().clone();
  }

  /** The neighbours on the way from a leaf to the root, lowest first. */
  public List<byte[]> path(int index) {
    var path = new ArrayList<byte[]>();
    int at = index;
    for (var nodes : levels) {
      if ((at ^ 1) < nodes.size()) path.add(nodes.get(at ^ 1).clone());
      at /= 2;
    }
    return path;
  }

  private static byte[] hash(byte prefix, byte[] left, byte[] right) {
    var digest = SealedEvent.sha256();
    digest.update(prefix);
    digest.update(left);
    return digest.digest(right);
  }
}
