package tandem.deploy.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.WrongUsage;
import tandem.ros2.idl.SchemaText;

/** {@code tandem ros2 interface ...}. */
@Command(
    name = "interface",
    description = "Interface definitions: show, hash.",
    subcommands = {Ros2InterfaceCommand.Show.class, Ros2InterfaceCommand.Hash.class})
final class Ros2InterfaceCommand implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("interface: expected show or hash");
  }

  /** A type and where its definition is. */
  static final class Named {
    @Parameters(description = "As sensor_msgs/msg/JointState")
    String type;

    @Option(names = "--interfaces", paramLabel = "DIR")
    Path interfaces;

    @Option(names = "--json")
    boolean json;

    // Accepted for the sake of one form of all commands; definitions need no link.
    @Option(
        names = {"-e", "--endpoint"},
        hidden = true)
    List<String> endpoints;
  }

  @Command(name = "show", description = "The definition of a message, service or action.")
  static final class Show implements Runnable {
    @Mixin Main.Help help;
    @Mixin Named named;

    @Override
    public void run() {
      var name = Ros2Link.type(named.type);
      var registry = Ros2Link.registry(named.interfaces);
      var text =
          registry
              .definition(name)
              .map(SchemaText::definition)
              .or(() -> registry.find(name).map(SchemaText::definition))
              .orElseThrow(() -> new CliFailure("interface: " + name + " is not known"));
      var out = Out.standard(named.json);
      if (named.json) out.object(Out.fields("type", name.toString(), "definition", text));
      else out.line(text.stripTrailing());
    }
  }

  @Command(name = "hash", description = "RIHS01 of a message, service or action.")
  static final class Hash implements Runnable {
    @Mixin Main.Help help;
    @Mixin Named named;

    @Override
    public void run() {
      var name = Ros2Link.type(named.type);
      var registry = Ros2Link.registry(named.interfaces);
      if (registry.find(name).isEmpty())
        throw new CliFailure("interface: " + name + " is not known");
      var out = Out.standard(named.json);
      var hash = registry.hash(name).text();
      if (named.json) out.object(Out.fields("type", name.toString(), "hash", hash));
      else out.line(hash);
    }
  }
}
