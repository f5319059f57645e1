package tandem.ros2.idl;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tandem.ros2.TypeName;
import tandem.ros2.idl.Definition.Constant;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.Definition.Message;

/**
 * The {@code ros2msg} schema text of MCAP: a definition, then those of all that it is made of, each
 * behind a line of 80 equals signs and a line {@code MSG: pkg/Name}.
 */
public final class SchemaText {
  private static final String DIVIDER = "=".repeat(80);
  private static final String HEAD = "MSG: ";

  private SchemaText() {}

  /** Writes the schema of a type. */
  public static String of(InterfaceRegistry registry, TypeName name) {
    List<Message> all = registry.closure(name);
    StringBuilder text = new StringBuilder(definition(all.get(0)));
    for (Message message : all.subList(1, all.size())) {
      TypeName type = message.name();
      text.append(DIVIDER)
          .append('\n')
          .append(HEAD)
          .append(type.kind().equals("msg") ? type.pkg() + "/" + type.name() : type.toString())
          .append('\n')
          .append(definition(message));
    }
    return text.toString();
  }

  /** One definition as text: constants, then fields. */
  public static String definition(Message message) {
    StringBuilder text = new StringBuilder();
    for (Constant constant : message.constants()) {
      text.append(constant.type().idl())
          .append(constant.textBound() > 0 ? "<=" + constant.textBound() : "")
          .append(' ')
          .append(constant.name())
          .append('=')
          .append(constant.type().isText() ? Literals.quote(constant.value()) : constant.value())
          .append('\n');
    }
    for (Field field : message.fields()) {
      text.append(field.type().text(message.name().pkg())).append(' ').append(field.name());
      if (field.byDefault() != null) text.append(' ').append(field.byDefault());
      text.append('\n');
    }
    return text.toString();
  }

  /** The text of a service or action: its parts divided by {@code ---}. */
  public static String definition(Definition definition) {
    return switch (definition) {
      case Message message -> definition(message);
      case Definition.Service service -> parts(List.of(service.request(), service.response()));
      case Definition.Action action ->
          parts(List.of(action.goal(), action.result(), action.feedback()));
    };
  }

  private static String parts(List<Message> parts) {
    return parts.stream().map(SchemaText::definition).collect(Collectors.joining("---\n"));
  }

  /**
   * Reads a schema text. The registry holds what the text defines and nothing else, so that a
   * recording is read as it was written; for types of services and actions the bundled definitions
   * lie below it. Of the event type of a service ({@code X_Event}) recorders write the service
   * itself, request and response.
   */
  public static InterfaceRegistry parse(TypeName name, String text) {
    Map<TypeName, Definition> found = new LinkedHashMap<>();
    TypeName current = name;
    StringBuilder part = new StringBuilder();
    boolean head = false;
    for (String line : text.split("\\R", -1)) {
      if (isDivider(line)) {
        put(found, current, part.toString());
        part.setLength(0);
        head = true;
      } else if (head && line.startsWith(HEAD)) {
        current = TypeName.parse(line.substring(HEAD.length()).strip());
        head = false;
      } else if (head && !line.isBlank()) {
        throw new MalformedDefinition(
            "schema of %s: expected MSG: pkg/Name behind the divider, found \"%s\""
                .formatted(name, line));
      } else {
        part.append(line).append('\n');
      }
    }
    put(found, current, part.toString());
    boolean selfContained = name.kind().equals("msg");
    return selfContained ? InterfaceRegistry.of(found) : InterfaceRegistry.bundled().with(found);
  }

  private static boolean isDivider(String line) {
    return line.length() >= 3 && line.chars().allMatch(c -> c == '=');
  }

  private static void put(Map<TypeName, Definition> found, TypeName name, String text) {
    boolean wholeService =
        name.kind().equals("srv")
            && name.name().endsWith("_Event")
            && text.lines().anyMatch(line -> line.strip().equals("---"));
    if (wholeService) {
      String service = name.name().substring(0, name.name().length() - "_Event".length());
      TypeName of = new TypeName(name.pkg(), "srv", service);
      found.put(of, DefinitionParser.parse(of, text));
    } else {
      found.put(name, DefinitionParser.message(name, text));
    }
  }
}
