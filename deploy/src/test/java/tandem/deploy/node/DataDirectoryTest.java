package tandem.deploy.node;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @Test
  void shouldBeHeldByOneNodeAtATime(@TempDir Path folder) throws Exception {
    try (var first = DataDirectory.open(folder.resolve("data"))) {
      assertThatThrownBy(() -> DataDirectory.open(first.path()))
          .hasMessageContaining("in use by another node")
          .hasMessageContaining("nothing was opened");
    }

    DataDirectory.open(folder.resolve("data")).close();
  }
}
