package tandem.ros2.idl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.idl.Definition.Action;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.Definition.Message;
import tandem.ros2.idl.Definition.Service;

/**
 * Finds definitions and computes hashes.
 *
 * <p>Every part of a service or action has a message of its own here ({@code X_Request}, {@code
 * X_SendGoal_Response}, {@code X_FeedbackMessage}, ...), and so has the service or action itself
 * (as REP-2011 describes it), so that one rule hashes all. A registry looks at its own definitions
 * first, then at the one below it; nothing is read before it is asked for. Thread-safe.
 */
public final class InterfaceRegistry {
  private static final InterfaceRegistry BUNDLED = new InterfaceRegistry(null, Map.of(), true);
  private static final int MAX_BUNDLED_BYTES = 1 << 20;
  private static final TypeName UUID = TypeName.parse("unique_identifier_msgs/msg/UUID");
  private static final TypeName TIME = TypeName.parse("builtin_interfaces/msg/Time");
  private static final TypeName EVENT_INFO = TypeName.parse("service_msgs/msg/ServiceEventInfo");

  private final InterfaceRegistry below;
  private final boolean readsResources;
  private final Map<TypeName, Definition> definitions = new ConcurrentHashMap<>();
  private final Map<TypeName, Message> messages = new ConcurrentHashMap<>();
  private final Map<TypeName, TypeHash> hashes = new ConcurrentHashMap<>();
  private final Set<String> packagesRead = new HashSet<>();

  private InterfaceRegistry(
      InterfaceRegistry below, Map<TypeName, Definition> own, boolean readsResources) {
    this.below = below;
    this.readsResources = readsResources;
    own.values().forEach(this::add);
  }

  /** The common interface packages, of ROS 2 Jazzy. */
  public static InterfaceRegistry bundled() {
    return BUNDLED;
  }

  /** Only these definitions. */
  public static InterfaceRegistry of(Map<TypeName, Definition> definitions) {
    return new InterfaceRegistry(null, definitions, false);
  }

  /** These definitions before those of this registry. */
  public InterfaceRegistry with(Map<TypeName, Definition> definitions) {
    return new InterfaceRegistry(this, definitions, false);
  }

  /**
   * The packages below a folder before those of this registry: every file {@code
   * <pkg>/(msg|srv|action)/<Name>.(msg|srv|action)} at any depth, as in a ROS workspace or its
   * {@code share}.
   */
  public InterfaceRegistry withFolder(Path folder) throws IOException {
    Map<TypeName, Definition> found = new LinkedHashMap<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      Optional<TypeName> name =
          nameOf(
              folder.toAbsolutePath().normalize().relativize(file.toAbsolutePath().normalize()),
              folder);
      if (name.isEmpty()) continue;
      Definition earlier =
          found.put(name.get(), DefinitionParser.parse(name.get(), Files.readString(file)));
      if (earlier != null) {
        throw new MalformedDefinition(
            "definitions below %s: %s is there twice, again in %s; folder not used"
                .formatted(folder, name.get(), file));
      }
    }
    return with(found);
  }

  private static Optional<TypeName> nameOf(Path file, Path root) {
    int parts = file.getNameCount();
    String last = file.getFileName().toString();
    int dot = last.lastIndexOf('.');
    if (dot < 0 || parts < 2) return Optional.empty();
    String kind = file.getName(parts - 2).toString();
    if (!last.substring(dot + 1).equals(kind)
        || !(kind.equals("msg") || kind.equals("srv") || kind.equals("action"))) {
      return Optional.empty();
    }
    Path pkg =
        parts >= 3 ? file.getName(parts - 3) : root.toAbsolutePath().normalize().getFileName();
    return Optional.of(new TypeName(pkg.toString(), kind, last.substring(0, dot)));
  }

  /** The definition of a message, service or action as it was written. */
  public Optional<Definition> definition(TypeName name) {
    load(name.pkg());
    Definition own = definitions.get(name);
    if (own != null) return Optional.of(own);
    return below == null ? Optional.empty() : below.definition(name);
  }

  /** The message of that name, which may be a part of a service or action, or one itself. */
  public Optional<Message> find(TypeName name) {
    load(name.pkg());
    Message own = messages.get(name);
    if (own != null) return Optional.of(own);
    return below == null ? Optional.empty() : below.find(name);
  }

  /** As {@link #find}; an unknown name is a {@link MalformedDefinition}. */
  public Message message(TypeName name) {
    return find(name)
        .orElseThrow(
            () ->
                new MalformedDefinition(
                    "no definition of %s: it is neither bundled nor in a folder given"
                        .formatted(name)));
  }

  /** All definitions that are there as they were written, by name. */
  public List<TypeName> names() {
    if (readsResources) bundledPackages().forEach(this::load);
    TreeMap<TypeName, Definition> all = new TreeMap<>(definitions);
    if (below != null) below.names().forEach(name -> all.putIfAbsent(name, null));
    return List.copyOf(all.keySet());
  }

  /** A message and all that it is made of, itself first, the others by name. */
  public List<Message> closure(TypeName name) {
    Map<TypeName, Message> found = new TreeMap<>();
    collect(message(name), found, new ArrayList<>());
    Message root = found.remove(name);
    List<Message> all = new ArrayList<>();
    all.add(root);
    all.addAll(found.values());
    return all;
  }

  private void collect(Message message, Map<TypeName, Message> found, List<TypeName> way) {
    if (way.contains(message.name())) {
      throw new MalformedDefinition(
          "definition of %s contains itself: %s".formatted(message.name(), way));
    }
    if (found.containsKey(message.name())) return;
    way.add(message.name());
    for (Field field : message.wireFields()) {
      TypeName nested = field.type().nested();
      if (nested == null) continue;
      Message inner =
          find(nested)
              .orElseThrow(
                  () ->
                      new MalformedDefinition(
                          "definition of %s: field %s: no definition of %s"
                              .formatted(message.name(), field.name(), nested)));
      collect(inner, found, way);
    }
    way.remove(way.size() - 1);
    found.put(message.name(), message);
  }

  /** RIHS01 (REP-2011) of a message, service, action, or part of one. */
  public TypeHash hash(TypeName name) {
    TypeHash known = hashes.get(name);
    if (known != null) return known;
    TypeHash computed = TypeHash.ofDescription(typeDescription(name));
    hashes.put(name, computed);
    return computed;
  }

  /** The JSON text that {@link #hash} is the hash of. */
  public String typeDescription(TypeName name) {
    List<Message> all = closure(name);
    StringBuilder json = new StringBuilder("{\"type_description\": ");
    describe(json, all.get(0));
    json.append(", \"referenced_type_descriptions\": [");
    for (int i = 1; i < all.size(); i++) {
      if (i > 1) json.append(", ");
      describe(json, all.get(i));
    }
    return json.append("]}").toString();
  }

  private static void describe(StringBuilder json, Message message) {
    json.append("{\"type_name\": \"").append(message.name()).append("\", \"fields\": [");
    String separator = "";
    for (Field field : message.wireFields()) {
      FieldType type = field.type();
      json.append(separator)
          .append("{\"name\": \"")
          .append(field.name())
          .append("\", \"type\": {\"type_id\": ")
          .append(type.typeId())
          .append(", \"capacity\": ")
          .append(type.capacity())
          .append(", \"string_capacity\": ")
          .append(type.textBound())
          .append(", \"nested_type_name\": \"")
          .append(type.nested() == null ? "" : type.nested())
          .append("\"}}");
      separator = ", ";
    }
    json.append("]}");
  }

  private void add(Definition definition) {
    definitions.put(definition.name(), definition);
    switch (definition) {
      case Message message -> messages.put(message.name(), message);
      case Service service -> addService(service.name(), service.request(), service.response());
      case Action action -> addAction(action);
    }
  }

  private void addService(TypeName name, Message request, Message response) {
    messages.put(request.name(), request);
    messages.put(response.name(), response);
    Message event =
        made(
            name.with("_Event"),
            field("info", FieldType.of(EVENT_INFO)),
            field("request", FieldType.of(request.name()).boundedTo(1)),
            field("response", FieldType.of(response.name()).boundedTo(1)));
    messages.put(event.name(), event);
    messages.put(
        name,
        made(
            name,
            field("request_message", FieldType.of(request.name())),
            field("response_message", FieldType.of(response.name())),
            field("event_message", FieldType.of(event.name()))));
  }

  private void addAction(Action action) {
    TypeName name = action.name();
    messages.put(action.goal().name(), action.goal());
    messages.put(action.result().name(), action.result());
    messages.put(action.feedback().name(), action.feedback());
    Field goalId = field("goal_id", FieldType.of(UUID));
    TypeName sendGoal = name.with("_SendGoal");
    addService(
        sendGoal,
        made(sendGoal.with("_Request"), goalId, field("goal", FieldType.of(action.goal().name()))),
        made(
            sendGoal.with("_Response"),
            field("accepted", FieldType.of(Primitive.BOOL)),
            field("stamp", FieldType.of(TIME))));
    TypeName getResult = name.with("_GetResult");
    addService(
        getResult,
        made(getResult.with("_Request"), goalId),
        made(
            getResult.with("_Response"),
            field("status", FieldType.of(Primitive.INT8)),
            field("result", FieldType.of(action.result().name()))));
    Message feedback =
        made(
            name.with("_FeedbackMessage"),
            goalId,
            field("feedback", FieldType.of(action.feedback().name())));
    messages.put(feedback.name(), feedback);
    messages.put(
        name,
        made(
            name,
            field("goal", FieldType.of(action.goal().name())),
            field("result", FieldType.of(action.result().name())),
            field("feedback", FieldType.of(action.feedback().name())),
            field("send_goal_service", FieldType.of(sendGoal)),
            field("get_result_service", FieldType.of(getResult)),
            field("feedback_message", FieldType.of(feedback.name()))));
  }

  private static Message made(TypeName name, Field... fields) {
    return new Message(name, List.of(fields), List.of());
  }

  private static Field field(String name, FieldType type) {
    return new Field(name, type, null);
  }

  /** Reads a bundled package once, on first need. */
  private void load(String pkg) {
    if (!readsResources) return;
    synchronized (packagesRead) {
      if (!packagesRead.add(pkg)) return;
      String text = resource(pkg + ".txt");
      if (text == null) return;
      for (String section : text.split("(?m)^== ")) {
        if (section.isBlank()) continue;
        int end = section.indexOf('\n');
        TypeName name = TypeName.parse(pkg + "/" + section.substring(0, end));
        add(DefinitionParser.parse(name, section.substring(end + 1)));
      }
    }
  }

  private static List<String> bundledPackages() {
    String list = resource("packages.list");
    if (list == null) {
      throw new IllegalStateException("the list of bundled interface packages is missing");
    }
    return list.lines().toList();
  }

  private static String resource(String file) {
    try (InputStream in = InterfaceRegistry.class.getResourceAsStream(file)) {
      if (in == null) return null;
      return new String(in.readNBytes(MAX_BUNDLED_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("bundled definitions " + file + " not read", e);
    }
  }
}
