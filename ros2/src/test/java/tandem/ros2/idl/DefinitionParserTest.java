package tandem.ros2.idl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.ros2.TypeName;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.Definition.Message;

class DefinitionParserTest {
  private static final TypeName TYPE = TypeName.parse("my_msgs/msg/Thing");

  private static Message parse(String text) {
    return DefinitionParser.message(TYPE, text);
  }

  @Test
  void shouldReadFieldsDefaultsConstantsAndBounds() {
    Message message =
        parse(
            """
            # a comment
            uint8 RED = 0x0F     # hexadecimal
            string NAME="# no comment"
            string<=5 short_name "abc"
            float64[3] point [0.0, 1.0, 2.0]   # an array
            int32[<=4] some
            string<=10[<=5] bounded
            Other[] others
            geometry_msgs/Point where
            bool on true
            """);

    assertThat(message.constants())
        .extracting(Definition.Constant::name, Definition.Constant::value)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("RED", "0x0F"),
            org.assertj.core.groups.Tuple.tuple("NAME", "# no comment"));
    assertThat(message.fields())
        .extracting(Field::name, field -> field.type().text("my_msgs"), Field::byDefault)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("short_name", "string<=5", "\"abc\""),
            org.assertj.core.groups.Tuple.tuple("point", "float64[3]", "[0.0, 1.0, 2.0]"),
            org.assertj.core.groups.Tuple.tuple("some", "int32[<=4]", null),
            org.assertj.core.groups.Tuple.tuple("bounded", "string<=10[<=5]", null),
            org.assertj.core.groups.Tuple.tuple("others", "Other[]", null),
            org.assertj.core.groups.Tuple.tuple("where", "geometry_msgs/Point", null),
            org.assertj.core.groups.Tuple.tuple("on", "bool", "true"));
  }

  @Test
  void shouldSayTypeAndLineOfWhatItCannotRead() {
    assertThatThrownBy(() -> parse("int32 a\nint32"))
        .isInstanceOf(MalformedDefinition.class)
        .hasMessageContaining("my_msgs/msg/Thing line 2");
    assertThatThrownBy(() -> parse("int32<=4 a")).hasMessageContaining("bound only on string");
    assertThatThrownBy(() -> parse("int32[0] a")).hasMessageContaining("size");
    assertThatThrownBy(() -> parse("int32 9a")).hasMessageContaining("a name");
    assertThatThrownBy(() -> parse("int32 a\nbool a")).hasMessageContaining("new name");
    assertThatThrownBy(() -> parse("string X=\"abc")).hasMessageContaining("closing quote");
    assertThatThrownBy(() -> DefinitionParser.parse(TypeName.parse("a/srv/B"), "int32 a"))
        .hasMessageContaining("expected 2 parts");
  }

  @Test
  void shouldRefuseATypeThatContainsItselfOrIsIncomplete() {
    InterfaceRegistry registry =
        InterfaceRegistry.of(Map.of(TYPE, parse("Thing[] more\nMissing gone")));

    assertThatThrownBy(() -> registry.hash(TYPE)).hasMessageContaining("contains itself");
    InterfaceRegistry incomplete = InterfaceRegistry.of(Map.of(TYPE, parse("Missing gone")));
    assertThatThrownBy(() -> incomplete.hash(TYPE))
        .hasMessageContaining("field gone: no definition of my_msgs/msg/Missing");
    assertThatThrownBy(() -> incomplete.message(TypeName.parse("no_msgs/msg/Such")))
        .hasMessageContaining("neither bundled nor in a folder");
  }

  @Test
  void shouldFindUsersPackagesInAFolder(@TempDir Path folder) throws Exception {
    Path share = folder.resolve("share/my_msgs");
    Files.createDirectories(share.resolve("msg"));
    Files.createDirectories(share.resolve("srv"));
    Files.writeString(share.resolve("msg/Thing.msg"), "std_msgs/Header header\nint32 count 3\n");
    Files.writeString(share.resolve("srv/Ask.srv"), "Thing thing\n---\nbool yes\n");
    Files.writeString(share.resolve("package.xml"), "<package/>");

    InterfaceRegistry registry = InterfaceRegistry.bundled().withFolder(folder);

    assertThat(registry.find(TYPE)).isPresent();
    assertThat(registry.find(TypeName.parse("my_msgs/srv/Ask_Request"))).isPresent();
    assertThat(registry.hash(TypeName.parse("my_msgs/srv/Ask")).known()).isTrue();
    assertThat(registry.names()).contains(TYPE, TypeName.parse("sensor_msgs/msg/JointState"));
  }

  /** Hashes that the real ROS 2 recorder wrote beside its messages (rosbag2's own test bag). */
  @Test
  void shouldComputeTheHashesThatARecorderWrote() {
    String strings =
        """
        string string_value
        string string_value_default1
        string string_value_default2
        string string_value_default3
        string string_value_default4
        string string_value_default5
        string<=22 bounded_string_value
        string<=22 bounded_string_value_default1
        string<=22 bounded_string_value_default2
        string<=22 bounded_string_value_default3
        string<=22 bounded_string_value_default4
        string<=22 bounded_string_value_default5
        """;
    String basic =
        """
        bool bool_value
        byte byte_value
        char char_value
        float32 float32_value
        float64 float64_value
        int8 int8_value
        uint8 uint8_value
        int16 int16_value
        uint16 uint16_value
        int32 int32_value
        uint32 uint32_value
        int64 int64_value
        uint64 uint64_value
        string string_value
        """;
    TypeName text = TypeName.parse("test_msgs/msg/Strings");
    TypeName split = TypeName.parse("rosbag2_interfaces/msg/WriteSplitEvent");
    TypeName event = TypeName.parse("test_msgs/srv/BasicTypes_Event");

    assertThat(SchemaText.parse(text, strings).hash(text).text())
        .isEqualTo("RIHS01_eee55533636293ac7c94c62432eedb5777eb849847d2a17b4dcead8c4a20ab32");
    assertThat(SchemaText.parse(event, basic + "---\n" + basic).hash(event).text())
        .isEqualTo("RIHS01_5b9988a4805a06ae22dff12903a774ccda710e9514926b826ffc884e3a9a982e");
    assertThat(SchemaText.parse(split, "string closed_file\nstring opened_file").hash(split).text())
        .isEqualTo("RIHS01_5ef58f7106a5cff8f5a794028c18117ee21015850ddcc567df449f41932960f8");
  }

  @Test
  void shouldReadEveryBundledDefinitionAndItsOwnSchemaText() {
    InterfaceRegistry bundled = InterfaceRegistry.bundled();

    assertThat(bundled.names()).hasSizeGreaterThan(200);
    for (TypeName name : bundled.names()) {
      Definition definition = bundled.definition(name).orElseThrow();
      assertThat(DefinitionParser.parse(name, SchemaText.definition(definition)))
          .isEqualTo(definition);
      if (!name.kind().equals("msg")) continue;
      String schema = SchemaText.of(bundled, name);
      InterfaceRegistry again = SchemaText.parse(name, schema);
      assertThat(again.hash(name)).isEqualTo(bundled.hash(name));
      assertThat(SchemaText.of(again, name)).isEqualTo(schema);
    }
  }

  @Test
  void shouldDivideASchemaTextAsRecordersDo() {
    assertThat(
            SchemaText.of(
                InterfaceRegistry.bundled(), TypeName.parse("sensor_msgs/msg/Temperature")))
        .isEqualTo(
            """
            std_msgs/Header header
            float64 temperature
            float64 variance
            ================================================================================
            MSG: builtin_interfaces/Time
            int32 sec
            uint32 nanosec
            ================================================================================
            MSG: std_msgs/Header
            builtin_interfaces/Time stamp
            string frame_id
            """);
  }
}
