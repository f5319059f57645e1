package tandem.ros2;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;

/** rosbags (PyPI) on the other side: its definitions, its hashes, its CDR of random values. */
class RosbagsInteropTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** char is uint8 in RIHS01; rosbags 0.11.9 takes another number. */
  private static final Set<String> WRONG_IN_ROSBAGS =
      Set.of("std_msgs/msg/Char", "service_msgs/msg/ServiceEventInfo");

  private static final Set<String> WITH_CHAR =
      Set.of(
          "std_msgs/msg/Char",
          "service_msgs/msg/ServiceEventInfo",
          "rmw_dds_common/msg/Gid",
          "rmw_dds_common/msg/NodeEntitiesInfo",
          "rmw_dds_common/msg/ParticipantEntitiesInfo");

  @Test
  void shouldAgreeWithRosbagsOnHashesAndBytesOfEveryBundledType() throws Exception {
    InterfaceRegistry bundled = InterfaceRegistry.bundled();
    List<TypeName> types =
        bundled.names().stream()
            .filter(name -> name.kind().equals("msg"))
            .filter(name -> !SchemaText.of(bundled, name).contains("wstring"))
            .toList();
    Process peer = Peers.peer("ros2_types.py", 20_261_122).start();
    Thread writer = Thread.ofVirtual().start(() -> ask(peer, bundled, types));
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    try (var answers =
        new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8))) {
      JsonNode store = JSON.readTree(answers.readLine()).get("store");
      assertThat(store.size()).isEqualTo(162);
      for (Map.Entry<String, JsonNode> entry : store.properties()) {
        String ours = bundled.hash(TypeName.parse(entry.getKey())).text();
        if (!ours.equals(entry.getValue().asText())) wrong.add(entry.getKey());
      }
      assertThat(new TreeSet<>(wrong)).isSubsetOf(WITH_CHAR).containsAll(WRONG_IN_ROSBAGS);
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        compare(bundled, JSON.readTree(line));
        compared++;
      }
    }
    writer.join();

    assertThat(peer.waitFor()).isZero();
    assertThat(compared).isEqualTo(types.size());
  }

  private static void ask(Process peer, InterfaceRegistry bundled, List<TypeName> types) {
    try (Writer questions =
        new OutputStreamWriter(peer.getOutputStream(), StandardCharsets.UTF_8)) {
      for (TypeName type : types) {
        ObjectNode question =
            JSON.createObjectNode()
                .put("type", type.toString())
                .put("text", SchemaText.of(bundled, type));
        questions.write(question + "\n");
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void compare(InterfaceRegistry bundled, JsonNode answer) throws IOException {
    TypeName type = TypeName.parse(answer.get("type").asText());
    MessageCodec codec = MessageCodec.of(bundled, type);
    byte[] little = Vectors.hex(answer.get("le"));

    DynamicMessage message = codec.decode(little);

    assertThat(codec.encode(message)).as("%s written again", type).isEqualTo(little);
    assertThat(codec.decode(Vectors.hex(answer.get("be"))))
        .as("%s big-endian", type)
        .isEqualTo(message);
    assertThat(numbers(JSON.readTree(message.toJson())))
        .as("%s values", type)
        .isEqualTo(numbers(answer.get("value")));
    if (!SchemaText.of(bundled, type).contains("char")) {
      assertThat(bundled.hash(type).text())
          .as("%s hash by rosbags from our schema text", type)
          .isEqualTo(answer.get("hash").asText());
    }
  }

  /** Floats as float32 where they are, so that 0.1f and its double compare equal. */
  private static String numbers(JsonNode node) {
    if (node.isObject()) {
      StringBuilder text = new StringBuilder("{");
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        text.append(field.getKey()).append(':').append(numbers(field.getValue())).append(',');
      }
      return text.append('}').toString();
    }
    if (node.isArray()) {
      StringBuilder text = new StringBuilder("[");
      for (JsonNode element : node) text.append(numbers(element)).append(',');
      return text.append(']').toString();
    }
    return node.isDouble() ? Float.toString((float) node.asDouble()) : node.toString();
  }
}
