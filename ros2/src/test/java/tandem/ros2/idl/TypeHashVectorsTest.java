package tandem.ros2.idl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tandem.ros2.TypeName;
import tandem.ros2.Vectors;

class TypeHashVectorsTest {
  @Test
  void shouldComputeEveryHashOfTheVectors() {
    List<String> wrong = new ArrayList<>();
    int count = 0;
    for (Map.Entry<String, JsonNode> entry : Vectors.all().get("type_hashes").properties()) {
      TypeName type = TypeName.parse(entry.getKey());
      String found = InterfaceRegistry.bundled().hash(type).text();
      if (!found.equals(entry.getValue().get("hash").asText())) wrong.add(type + " " + found);
      count++;
    }

    assertThat(wrong).isEmpty();
    assertThat(count).isGreaterThan(50);
  }

  @Test
  void shouldWriteTheDescriptionCharacterByCharacter() {
    JsonNode example = Vectors.all().get("rihs01_input_example");

    String json =
        InterfaceRegistry.bundled().typeDescription(TypeName.parse(example.get("type").asText()));

    assertThat(json).isEqualTo(example.get("json").asText());
  }
}
