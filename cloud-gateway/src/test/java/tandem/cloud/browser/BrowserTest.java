package tandem.cloud.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The harness itself: nothing of Chromium outlives who started it. */
class BrowserTest {
  /** Starts a browser, says so, and waits until it is killed. */
  static final class Parent {
    public static void main(String[] args) throws InterruptedException {
      var page = new Browser(320, 240, "--disable-gpu", "--disable-3d-apis");
      System.out.println("open " + page.text("document.readyState"));
      Thread.currentThread().join();
    }
  }

  @Test
  void shouldEndWithItsParentHoweverThatEnds() throws Exception {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      Assumptions.abort(Browser.missing());
    }
    var parent =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName())
            .redirectErrorStream(true)
            .start();
    try (var lines =
        new BufferedReader(
            new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).startsWith("open ");
      var all = parent.descendants().toList();
      assertThat(all).as("the group's shells, Chromium and its children").hasSizeGreaterThan(4);

      parent.destroyForcibly(); // SIGKILL: nothing of ours runs any more

      for (ProcessHandle one : all) one.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    } finally {
      parent.destroyForcibly();
    }
  }
}
