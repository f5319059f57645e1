package tandem.ros2.dynamic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tandem.ros2.TypeName;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.FieldType;
import tandem.ros2.idl.InterfaceRegistry;

/** Random messages of any bundled type. */
public final class RandomTrees {
  private RandomTrees() {}

  public static DynamicMessage message(MessageCodec codec, Random random) {
    return codec.fromTree(tree(codec.type(), random));
  }

  private static Map<String, Object> tree(TypeName type, Random random) {
    Map<String, Object> tree = new LinkedHashMap<>();
    for (Field field : InterfaceRegistry.bundled().message(type).wireFields()) {
      FieldType of = field.type();
      if (of.single()) {
        tree.put(field.name(), one(of, random));
        continue;
      }
      int count =
          switch (of.shape()) {
            case ARRAY -> of.capacity();
            case BOUNDED -> random.nextInt(Math.min(of.capacity(), 4) + 1);
            default -> random.nextInt(5);
          };
      List<Object> many = new ArrayList<>();
      for (int i = 0; i < count; i++) many.add(one(of, random));
      tree.put(field.name(), many);
    }
    return tree;
  }

  private static Object one(FieldType type, Random random) {
    if (type.nested() != null) return tree(type.nested(), random);
    return switch (type.primitive()) {
      case BOOL -> random.nextBoolean();
      case BYTE, CHAR, UINT8 -> (long) random.nextInt(1 << 8);
      case INT8 -> (long) (byte) random.nextInt();
      case INT16 -> (long) (short) random.nextInt();
      case UINT16 -> (long) random.nextInt(1 << 16);
      case INT32 -> (long) random.nextInt();
      case UINT32 -> random.nextInt() & 0xffff_ffffL;
      case INT64, UINT64 -> random.nextLong();
      case FLOAT32 -> Float.intBitsToFloat(random.nextInt() & 0x7f7f_ffff);
      case FLOAT64 -> random.nextInt(8) == 0 ? Double.NaN : random.nextGaussian() * 1e3;
      case STRING, WSTRING -> "abcdefé€".substring(0, random.nextInt(9));
    };
  }
}
