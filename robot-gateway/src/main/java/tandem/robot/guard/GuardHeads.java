package tandem.robot.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.v1.JournalPosition;

/**
 * How far guards have seen their twins' journals: kept by them, apart from the journal, so an
 * auditor finds an end that was cut off. Read only; a guard may run meanwhile.
 */
public final class GuardHeads {
  private GuardHeads() {}

  /**
   * By robot, for every guard that has kept its state below a folder of guards and has seen a
   * command; empty where there is no such folder.
   */
  public static Map<String, JournalPosition> read(Path guards) throws IOException {
    Map<String, JournalPosition> heads = new TreeMap<>();
    if (!Files.isDirectory(guards)) {
      return heads;
    }
    try (var folders = Files.newDirectoryStream(guards, Files::isDirectory)) {
      for (Path folder : folders) {
        GuardStore.peek(folder)
            .filter(memory -> memory.getJournalHead().getSequence() > 0)
            .ifPresent(memory -> heads.put(memory.getRobot(), memory.getJournalHead()));
      }
    }
    return heads;
  }
}
