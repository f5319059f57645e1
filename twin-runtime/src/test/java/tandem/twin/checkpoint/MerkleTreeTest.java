package tandem.twin.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import tandem.proto.codec.SealedEvent;

class MerkleTreeTest {
  /**
   * The leaves and roots that implementations of Certificate Transparency compare themselves by.
   */
  @Test
  void shouldHaveTheRootsOfTheKnownTrees() {
    var tree = new MerkleTree();
    assertThat(hex(tree.root()))
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    tree.set(0, new byte[0]);
    assertThat(hex(tree.root()))
        .isEqualTo("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");

    tree.set(1, new byte[] {0});
    assertThat(hex(tree.root()))
        .isEqualTo("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");

    tree.set(2, new byte[] {0x10});
    assertThat(hex(tree.root()))
        .isEqualTo("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  }

  @Property(tries = 200)
  void shouldGiveTheRootOfTheDefinitionAfterAnyChanges(
      @ForAll @IntRange(min = 1, max = 70) int leaves,
      @ForAll @Size(max = 20) List<@IntRange(min = 0, max = 69) Integer> changed) {
    var tree = new MerkleTree();
    var values = new ArrayList<byte[]>();
    for (int i = 0; i < leaves; i++) {
      values.add(("leaf " + i).getBytes(StandardCharsets.UTF_8));
      tree.set(i, values.get(i));
    }
    for (int i : changed) {
      if (i >= leaves) continue;
      values.set(i, ("changed " + i).getBytes(StandardCharsets.UTF_8));
      tree.set(i, values.get(i));
    }

    assertThat(tree.root()).isEqualTo(defined(values));
  }

  /** RFC 6962, section 2.1, word by word. */
  private static byte[] defined(List<byte[]> leaves) {
    var digest = SealedEvent.sha256();
    if (leaves.size() == 1) {
      digest.update((byte) 0);
      return digest.digest(leaves.getFirst());
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    byte[] left = defined(leaves.subList(0, split));
    byte[] right = defined(leaves.subList(split, leaves.size()));
    digest.update((byte) 1);
    digest.update(left);
    return digest.digest(right);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
