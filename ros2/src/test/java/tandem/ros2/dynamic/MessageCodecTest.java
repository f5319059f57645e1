package tandem.ros2.dynamic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tandem.ros2.TypeName;
import tandem.ros2.Vectors;
import tandem.ros2.cdr.MalformedCdr;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;

class MessageCodecTest {
  private static MessageCodec codec(String type) {
    return MessageCodec.of(InterfaceRegistry.bundled(), TypeName.parse(type));
  }

  @Test
  void shouldReadAndWriteTheExamplesOfTheVectors() {
    for (JsonNode example : Vectors.all().get("cdr_examples")) {
      MessageCodec codec = codec(example.get("type").asText());
      byte[] cdr = Vectors.hex(example.get("cdr_hex"));

      DynamicMessage message = codec.decode(cdr);

      if (example.get("little_endian").asBoolean())
        assertThat(codec.encode(message)).isEqualTo(cdr);
      else assertThat(codec.decode(codec.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldReadTheValuesOfTheVectors() {
    JsonNode examples = Vectors.all().get("cdr_examples");

    assertThat(
            codec("geometry_msgs/msg/Twist")
                .decode(Vectors.hex(examples.get(0).get("cdr_hex")))
                .toJson())
        .isEqualTo(
            "{\"linear\":{\"x\":0.5,\"y\":0.0,\"z\":-1.0},\"angular\":{\"x\":0.0,\"y\":0.0,\"z\":0.25}}");
    assertThat(
            codec("std_msgs/msg/String")
                .decode(Vectors.hex(examples.get(1).get("cdr_hex")))
                .get("data"))
        .isEqualTo("héllo");
    assertThat(
            codec("std_msgs/msg/String")
                .decode(Vectors.hex(examples.get(2).get("cdr_hex")))
                .get("data"))
        .isEqualTo("ab");
    assertThat(
            codec("tf2_msgs/msg/TFMessage")
                .decode(Vectors.hex(examples.get(5).get("cdr_hex")))
                .get("transforms[0].transform.rotation.w"))
        .isEqualTo(1.0);
  }

  @Test
  void shouldReadAndWriteEveryLiveSample() {
    for (JsonNode sample : Vectors.all().get("live_samples")) {
      TypeName type = tandem.ros2.TopicKey.parse(sample.get("key").asText()).type().orElseThrow();
      MessageCodec codec = codec(type.toString());
      byte[] cdr = Vectors.hex(sample.get("payload"));

      DynamicMessage message = codec.decode(cdr);

      assertThat(codec.decode(codec.encode(message))).isEqualTo(message);
      if (!sample.has("value")) continue;
      for (Map.Entry<String, JsonNode> field : sample.get("value").properties()) {
        Object found = message.get(field.getKey());
        assertThat(new ObjectMapper().<JsonNode>valueToTree(found).toString())
            .isEqualTo(field.getValue().toString());
      }
    }
  }

  @Test
  void shouldReadTheServiceCall() {
    JsonNode call = Vectors.all().get("service_call");
    MessageCodec request = codec("example_interfaces/srv/AddTwoInts_Request");
    MessageCodec response = codec("example_interfaces/srv/AddTwoInts_Response");

    DynamicMessage asked = request.decode(Vectors.hex(call.get("request")));

    assertThat(asked.get("a")).isEqualTo(2L);
    assertThat(asked.get("b")).isEqualTo(40L);
    assertThat(request.encode(asked)).isEqualTo(Vectors.hex(call.get("request")));
    assertThat(response.decode(Vectors.hex(call.get("replies").get(0).get("payload"))).toJson())
        .isEqualTo("{\"sum\":42}");
  }

  @Test
  void shouldReadWhatItWroteForEveryBundledType() {
    Random random = new Random(3);
    for (TypeName name : InterfaceRegistry.bundled().names()) {
      if (!name.kind().equals("msg")) continue;
      MessageCodec codec = MessageCodec.of(InterfaceRegistry.bundled(), name);
      DynamicMessage message = RandomTrees.message(codec, random);

      assertThat(codec.decode(codec.encode(message))).isEqualTo(message);
      assertThat(codec.fromTree(message.toTree())).isEqualTo(message);
    }
  }

  @Test
  void shouldStartWithTheDefaultsOfTheDefinition() {
    assertThat(codec("geometry_msgs/msg/Quaternion").defaults().toJson())
        .isEqualTo("{\"x\":0.0,\"y\":0.0,\"z\":0.0,\"w\":1.0}");
    assertThat(codec("sensor_msgs/msg/NavSatStatus").defaults().get("status")).isEqualTo(-2L);
  }

  @Test
  void shouldShowUnsignedNumbersAsTheyAreMeant() {
    MessageCodec codec =
        MessageCodec.of(
            SchemaText.parse(
                TypeName.parse("t/msg/U"), "uint64 a\nuint8[] b\nuint32 c\nfloat64 d\nstring e"),
            TypeName.parse("t/msg/U"));

    DynamicMessage message =
        codec.fromTree(
            Map.of(
                "a",
                new java.math.BigInteger("18446744073709551615"),
                "b",
                List.of(255, 0),
                "c",
                4294967295L,
                "d",
                "NaN",
                "e",
                "\u0001\"\\"));

    assertThat(message.toJson())
        .isEqualTo(
            "{\"a\":18446744073709551615,\"b\":[255,0],\"c\":4294967295,\"d\":\"NaN\",\"e\":\"\\u0001\\\"\\\\\"}");
  }

  @Test
  void shouldRefuseValuesThatDoNotFitWithTheirPath() {
    MessageCodec odometry = codec("nav_msgs/msg/Odometry");

    assertThatThrownBy(() -> odometry.fromTree(Map.of("nose", 1)))
        .hasMessageContaining("no field \"nose\"");
    assertThatThrownBy(
            () -> odometry.fromTree(Map.of("pose", Map.of("covariance", List.of(1.0, 2.0)))))
        .hasMessageContaining("pose.covariance: expected 36 elements, found 2");
    assertThatThrownBy(
            () -> odometry.fromTree(Map.of("header", Map.of("stamp", Map.of("nanosec", -1)))))
        .hasMessageContaining("header.stamp.nanosec: expected uint32, found -1");
    assertThatThrownBy(() -> odometry.fromTree(Map.of("child_frame_id", 3)))
        .hasMessageContaining("expected a text");
  }

  @Test
  void shouldNotAllocateForALyingFixedArray() {
    MessageCodec codec =
        MessageCodec.of(
            SchemaText.parse(TypeName.parse("t/msg/Big"), "float64[1000000000] a"),
            TypeName.parse("t/msg/Big"));

    assertThatThrownBy(() -> codec.decode(new byte[] {0, 1, 0, 0, 1, 2, 3, 4}))
        .isInstanceOf(MalformedCdr.class)
        .hasMessageContaining("expected 1000000000 elements, found 4 bytes left");
  }
}
