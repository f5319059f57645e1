package tandem.ros2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * XXH3, 128 bits, seed 0, default secret, for any length. Written from the published description of
 * the algorithm (xxhash, doc/xxhash_spec.md); names follow it. Not cryptographic.
 */
public final class Xxh3 {
  private static final long PRIME32_1 = 0x9E3779B1L;
  private static final long PRIME32_2 = 0x85EBCA77L;
  private static final long PRIME32_3 = 0xC2B2AE3DL;
  private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME64_3 = 0x165667B19E3779F9L;
  private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
  private static final long PRIME_MX1 = 0x165667919E3779F9L;
  private static final long PRIME_MX2 = 0x9FB21C651E98DF25L;
  private static final int STRIPE_BYTES = 64;
  private static final int LANES = 8;
  private static final byte[] SECRET =
      HexFormat.of()
          .parseHex(
              "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                  + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                  + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
                  + "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
                  + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
                  + "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Both halves of a hash. */
  public record Hash128(long low, long high) {}

  private Xxh3() {}

  public static Hash128 hash128(byte[] input) {
    int length = input.length;
    if (length == 0) {
      return new Hash128(
          avalancheXxh64(secret64(64) ^ secret64(72)), avalancheXxh64(secret64(80) ^ secret64(88)));
    }
    if (length <= 3) return upTo3(input);
    if (length <= 8) return upTo8(input);
    if (length <= 16) return upTo16(input);
    if (length <= 128) return upTo128(input);
    if (length <= 240) return upTo240(input);
    return longer(input);
  }

  private static Hash128 upTo3(byte[] input) {
    int length = input.length;
    int first = input[0] & 0xff;
    int middle = input[length >> 1] & 0xff;
    int last = input[length - 1] & 0xff;
    int combined = first << 16 | middle << 24 | last | length << 8;
    int swapped = Integer.rotateLeft(Integer.reverseBytes(combined), 13);
    long low = (combined & 0xffffffffL) ^ ((secret32(0) ^ secret32(4)) & 0xffffffffL);
    long high = (swapped & 0xffffffffL) ^ ((secret32(8) ^ secret32(12)) & 0xffffffffL);
    return new Hash128(avalancheXxh64(low), avalancheXxh64(high));
  }

  private static Hash128 upTo8(byte[] input) {
    int length = input.length;
    long start = (int) INT.get(input, 0) & 0xffffffffL;
    long end = (int) INT.get(input, length - 4) & 0xffffffffL;
    long keyed = (start + (end << 32)) ^ (secret64(16) ^ secret64(24));
    long factor = PRIME64_1 + ((long) length << 2);
    long low = keyed * factor;
    long high = Math.unsignedMultiplyHigh(keyed, factor);
    high += low << 1;
    low ^= high >>> 3;
    low ^= low >>> 35;
    low *= PRIME_MX2;
    low ^= low >>> 28;
    return new Hash128(low, avalanche(high));
  }

  private static Hash128 upTo16(byte[] input) {
    int length = input.length;
    long lowSecret = secret64(32) ^ secret64(40);
    long highSecret = secret64(48) ^ secret64(56);
    long start = read64(input, 0);
    long end = read64(input, length - 8);
    long mixed = start ^ end ^ lowSecret;
    long low = mixed * PRIME64_1;
    long high = Math.unsignedMultiplyHigh(mixed, PRIME64_1);
    low += (long) (length - 1) << 54;
    end ^= highSecret;
    high += end + (end & 0xffffffffL) * (PRIME32_2 - 1);
    low ^= Long.reverseBytes(high);
    long outLow = low * PRIME64_2;
    long outHigh = Math.unsignedMultiplyHigh(low, PRIME64_2) + high * PRIME64_2;
    return new Hash128(avalanche(outLow), avalanche(outHigh));
  }

  /** The two running sums of the middle lengths. */
  private static final class Sums {
    long low;
    long high;

    void mix(byte[] input, int first, int second, int secret) {
      low += mix16(input, first, secret);
      low ^= read64(input, second) + read64(input, second + 8);
      high += mix16(input, second, secret + 16);
      high ^= read64(input, first) + read64(input, first + 8);
    }

    Hash128 finish(int length) {
      long outLow = low + high;
      long outHigh = low * PRIME64_1 + high * PRIME64_4 + length * PRIME64_2;
      return new Hash128(avalanche(outLow), -avalanche(outHigh));
    }
  }

  private static Hash128 upTo128(byte[] input) {
    int length = input.length;
    Sums sums = new Sums();
    sums.low = length * PRIME64_1;
    for (int i = (length - 1) / 32; i >= 0; i--) {
      sums.mix(input, 16 * i, length - 16 * (i + 1), 32 * i);
    }
    return sums.finish(length);
  }

  private static Hash128 upTo240(byte[] input) {
    int length = input.length;
    int rounds = length / 32;
    Sums sums = new Sums();
    sums.low = length * PRIME64_1;
    for (int i = 0; i < 4; i++) sums.mix(input, 32 * i, 32 * i + 16, 32 * i);
    sums.low = avalanche(sums.low);
    sums.high = avalanche(sums.high);
    for (int i = 4; i < rounds; i++) sums.mix(input, 32 * i, 32 * i + 16, 3 + 32 * (i - 4));
    sums.mix(input, length - 16, length - 32, 136 - 17 - 16);
    return sums.finish(length);
  }

  private static Hash128 longer(byte[] input) {
    int length = input.length;
    long[] lanes = {
      PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1
    };
    int stripesPerBlock = (SECRET.length - STRIPE_BYTES) / 8;
    int blockBytes = STRIPE_BYTES * stripesPerBlock;
    int blocks = (length - 1) / blockBytes;
    for (int block = 0; block < blocks; block++) {
      for (int stripe = 0; stripe < stripesPerBlock; stripe++) {
        accumulate(lanes, input, block * blockBytes + stripe * STRIPE_BYTES, stripe * 8);
      }
      scramble(lanes);
    }
    int stripes = (length - 1 - blockBytes * blocks) / STRIPE_BYTES;
    for (int stripe = 0; stripe < stripes; stripe++) {
      accumulate(lanes, input, blocks * blockBytes + stripe * STRIPE_BYTES, stripe * 8);
    }
    accumulate(lanes, input, length - STRIPE_BYTES, SECRET.length - STRIPE_BYTES - 7);
    return new Hash128(
        merge(lanes, 11, length * PRIME64_1),
        merge(lanes, SECRET.length - STRIPE_BYTES - 11, ~(length * PRIME64_2)));
  }

  private static void accumulate(long[] lanes, byte[] input, int at, int secret) {
    for (int i = 0; i < LANES; i++) {
      long value = read64(input, at + 8 * i);
      long keyed = value ^ secret64(secret + 8 * i);
      lanes[i ^ 1] += value;
      lanes[i] += (keyed & 0xffffffffL) * (keyed >>> 32);
    }
  }

  private static void scramble(long[] lanes) {
    int secret = SECRET.length - STRIPE_BYTES;
    for (int i = 0; i < LANES; i++) {
      long lane = lanes[i];
      lane ^= lane >>> 47;
      lane ^= secret64(secret + 8 * i);
      lanes[i] = lane * PRIME32_1;
    }
  }

  private static long merge(long[] lanes, int secret, long start) {
    long sum = start;
    for (int i = 0; i < 4; i++) {
      sum +=
          fold(
              lanes[2 * i] ^ secret64(secret + 16 * i),
              lanes[2 * i + 1] ^ secret64(secret + 16 * i + 8));
    }
    return avalanche(sum);
  }

  private static long mix16(byte[] input, int at, int secret) {
    return fold(read64(input, at) ^ secret64(secret), read64(input, at + 8) ^ secret64(secret + 8));
  }

  /** Both halves of the 128-bit product, combined. */
  private static long fold(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }

  private static long avalanche(long hash) {
    long mixed = (hash ^ hash >>> 37) * PRIME_MX1;
    return mixed ^ mixed >>> 32;
  }

  private static long avalancheXxh64(long hash) {
    long mixed = (hash ^ hash >>> 33) * PRIME64_2;
    mixed = (mixed ^ mixed >>> 29) * PRIME64_3;
    return mixed ^ mixed >>> 32;
  }

  private static long read64(byte[] input, int at) {
    return (long) LONG.get(input, at);
  }

  private static long secret64(int at) {
    return (long) LONG.get(SECRET, at);
  }

  private static int secret32(int at) {
    return (int) INT.get(SECRET, at);
  }
}
