package tandem.deploy.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.WrongUsage;
import tandem.deploy.node.NodeProcess;
import tandem.deploy.node.NodeSettings;
import tandem.deploy.node.OrderlyEnd;
import tandem.deploy.node.ParentWatch;
import tandem.deploy.node.Ports;

/** {@code tandem edge}, {@code sim}, {@code cloud}: one node, until SIGTERM. */
abstract class NodeCommand implements Callable<Integer> {
  /** A node has 15 s to end; a little of it is the JVM's own. */
  static final Duration END_WITHIN = Duration.ofMillis(14_500);

  @Mixin Main.Help help;
  @Mixin Where where;

  /** Ports and places, the same for every node. */
  static final class Where {
    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "Journal, segments, guard states; default ~/.local/share/tandem.")
    Path data;

    @Option(names = "--site", paramLabel = "NAME", description = "Default local.")
    String site = "local";

    @Option(names = "--port-offset", paramLabel = "N", description = "Shifts every default port.")
    int offset;

    @Option(
        names = "--port",
        paramLabel = "NAME=N",
        description = "One port: zenoh, api, management, artery, guard; 0 = any free one.")
    Map<String, Integer> ports = new LinkedHashMap<>();

    @Option(names = "--json", description = "One JSON object a line.")
    boolean json;

    @Option(
        names = "--with-parent",
        paramLabel = "PID",
        description = "Ends when that process ends.")
    Long parent;

    @Option(
        names = "--config",
        paramLabel = "KEY=VALUE",
        description = "One key of the configuration, as tandem.twin.rules.silence-after=2s.")
    Map<String, String> config = new LinkedHashMap<>();

    @Option(
        names = "--join",
        paramLabel = "HOST:PORT",
        description = "Artery address of another node of this site; may be repeated.")
    List<String> join = new ArrayList<>();

    @Option(
        names = "--journal",
        paramLabel = "URL",
        description = "jdbc:postgresql://... of the journal that the nodes of the site share.")
    String journal = "";

    @Option(names = "--journal-user", paramLabel = "NAME", description = "Of that server.")
    String journalUser = "";

    @Option(
        names = "--journal-password-file",
        paramLabel = "FILE",
        description = "Its first line is the password.")
    String journalPasswordFile = "";

    /** What was given key by key, and by these options. */
    Map<String, Object> configured() {
      if (!join.isEmpty() && journal.isEmpty())
        throw new WrongUsage(
            "--join: expected a --journal jdbc:postgresql://... beside it, which the nodes of a"
                + " site share, found none; nothing was started");
      var all = new LinkedHashMap<String, Object>(config);
      if (!join.isEmpty()) all.put("tandem.twin.join", List.copyOf(join));
      if (!journal.isEmpty()) all.put("tandem.twin.journal.url", journal);
      if (!journalUser.isEmpty()) all.put("tandem.twin.journal.user", journalUser);
      if (!journalPasswordFile.isEmpty())
        all.put("tandem.twin.journal.password-file", journalPasswordFile);
      return Map.copyOf(all);
    }

    Path data() {
      return data != null
          ? data
          : Path.of(System.getProperty("user.home"), ".local", "share", "tandem");
    }

    Ports checkedPorts() {
      try {
        return new Ports(offset, ports);
      } catch (IllegalArgumentException e) {
        throw new WrongUsage(e.getMessage());
      }
    }
  }

  /** Links of a node that takes robots in. */
  static final class Links {
    @Option(
        names = "--zenoh-listen",
        paramLabel = "EP",
        description = "Where robots connect to, default tcp/127.0.0.1:7447.")
    String listen;

    @Option(
        names = "--zenoh-connect",
        paramLabel = "EP",
        description = "Another router to link to; may be repeated.")
    List<String> connect = new ArrayList<>();

    @Option(
        names = "--zenoh-exposed",
        description = "Permits --zenoh-listen beyond this machine: there is no authentication yet.")
    boolean exposed;

    String listen(Ports ports) {
      String endpoint = listen != null ? listen : "tcp/127.0.0.1:" + ports.of("zenoh");
      if (!exposed && !isOnLoopback(endpoint))
        throw new WrongUsage(
            "--zenoh-listen: expected an address of this machine alone (127.0.0.1, localhost,"
                + " [::1]),"
                + " found %s: whoever reaches it could publish as a robot; --zenoh-exposed permits it;"
                    .formatted(endpoint)
                + " nothing was started");
      return endpoint;
    }

    private static boolean isOnLoopback(String endpoint) {
      String address = endpoint.substring(endpoint.indexOf('/') + 1);
      int colon = address.lastIndexOf(':');
      String host = colon < 0 ? address : address.substring(0, colon);
      return host.startsWith("127.") || host.equals("localhost") || host.equals("[::1]");
    }
  }

  abstract NodeSettings settings(Ports ports);

  @Override
  public Integer call() throws IOException {
    var settings = settings(where.checkedPorts());
    var end = OrderlyEnd.ofThisProcess(END_WITHIN);
    if (where.parent != null) ParentWatch.watch(where.parent, () -> OrderlyEnd.exit(0));
    NodeProcess node;
    try {
      node = NodeProcess.start(settings);
    } catch (IOException | RuntimeException e) {
      throw new CliFailure(settings.name() + ": " + said(e));
    }
    end.first("node", node::close);
    node.whenPutOut(() -> OrderlyEnd.exit(1));
    Out.standard(true).line(node.readyLine());
    Main.untilSignal(new CountDownLatch(1));
    return 0;
  }

  static String said(Throwable failure) {
    Throwable at = failure;
    while (at.getMessage() == null && at.getCause() != null) at = at.getCause();
    return at.getMessage() == null ? at.toString() : at.getMessage();
  }

  @Command(name = "edge", description = "A node next to robots: robot gateway and twins.")
  static final class Edge extends NodeCommand {
    @Mixin Links links;

    @Override
    NodeSettings settings(Ports ports) {
      return new NodeSettings(
          "edge",
          NodeProcess.rolesOf("edge"),
          where.site,
          where.data(),
          links.listen(ports),
          links.connect,
          ports,
          false,
          where.configured());
    }
  }

  @Command(name = "cloud", description = "A node for people: API, console, twins.")
  static final class Cloud extends NodeCommand {
    @Override
    NodeSettings settings(Ports ports) {
      return new NodeSettings(
          "cloud",
          NodeProcess.rolesOf("cloud"),
          where.site,
          where.data(),
          null,
          List.of(),
          ports,
          false,
          where.configured());
    }
  }
}
