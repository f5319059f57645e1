package tandem.robot.outbound;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.robot.door.CommandDoor;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.inbound.RobotsHere;
import tandem.twin.robot.RobotDoor;
import tandem.zenoh.Router;
import tandem.zenoh.Session;

/**
 * The guards of this node's robots: started where none runs, found, asked to prove themselves again
 * and again until one does. Thread-safe; its work runs on one thread of its own.
 */
public final class GuardDesk implements RobotsHere, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardDesk.class);
  private static final long PROVE_MILLIS = 300;

  private final GatewaySettings.Guards settings;
  private final CommandDoor commands;
  private final RobotDoor door;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "guard-desk");
            thread.setDaemon(true);
            return thread;
          });
  private final GuardProcesses processes;
  private final Map<String, GuardContact> contacts = new HashMap<>();

  public GuardDesk(GatewaySettings.Guards settings, CommandDoor commands, RobotDoor door) {
    this.settings = settings;
    this.commands = commands;
    this.door = door;
    this.processes = new GuardProcesses(settings, executor);
    executor.scheduleWithFixedDelay(
        this::proveAll, PROVE_MILLIS, PROVE_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void here(
      String robot, String namespace, int domain, Session session, Router router, String endpoint) {
    executor.execute(
        () -> {
          try {
            meet(robot, session, router);
            if (settings.start()) {
              processes.ensure(robot, namespace, domain, endpoint);
            }
          } catch (RuntimeException failed) {
            LOG.error("robot {}: its guard is not looked for: {}", robot, failed.toString());
          }
        });
  }

  private void meet(String robot, Session session, Router router) {
    GuardContact known = contacts.get(robot);
    if (known != null && known.session() == session) {
      return;
    }
    if (known != null) {
      known.close();
    }
    List<Path> keys = new ArrayList<>();
    if (settings.keys() != null) {
      keys.add(settings.keys().resolve(robot + ".pub"));
    }
    keys.add(processes.directory(robot).resolve("guard.pub"));
    contacts.put(robot, new GuardContact(robot, session, router, keys, commands, door));
  }

  private void proveAll() {
    for (var contact : contacts.entrySet()) {
      try {
        contact.getValue().prove();
      } catch (RuntimeException failed) {
        LOG.warn("robot {}: guard not asked: {}", contact.getKey(), failed.toString());
      }
    }
  }

  /** The guard stays: it holds a stop, and the robot may come back. */
  @Override
  public void gone(String robot) {
    LOG.debug("robot {}: gone; its guard stays", robot);
  }

  @Override
  public boolean isGuard(String zid) {
    return commands.isGuard(zid);
  }

  /** Ends the guards that run for this node. */
  @Override
  public void close() {
    processes.close();
    executor.shutdown();
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("the guards' desk has not ended within 5 s");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    contacts.values().forEach(GuardContact::close);
  }
}
