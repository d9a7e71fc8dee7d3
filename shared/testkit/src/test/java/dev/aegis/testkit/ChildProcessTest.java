package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ChildProcessTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @Test
  void showsOutputAndExitCode() throws InterruptedException {
    try (ChildProcess child = shell("echo ready $AEGIS_X$DD_SITE; exit 3")) {
      assertThat(child.awaitLine(Pattern.compile("ready (.*)"), BOUND).group(1)).isEqualTo("given");
      assertThat(child.awaitExit(BOUND)).isEqualTo(3);
    }
  }

  @Test
  void saysWhatAProcessPrintedInsteadOfTheAwaitedLine() {
    try (ChildProcess child = shell("echo port in use")) {
      assertThatThrownBy(() -> child.awaitLine(Pattern.compile("ready"), BOUND))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("ended without line like ready")
          .hasMessageContaining("port in use");
    }
  }

  @Test
  void stopsInOrder() throws InterruptedException {
    try (ChildProcess child = shell("trap 'exit 7' TERM; echo on; while :; do sleep 0.05; done")) {
      child.awaitLine(Pattern.compile("on"), BOUND);
      assertThat(child.stop(BOUND)).isEqualTo(7);
      assertThat(child.alive()).isFalse();
    }
  }

  @Test
  void endsWithTheProcessThatStartedIt() throws Exception {
    // A JVM that starts a child, tells its id and is killed before it can tidy up.
    ChildProcess starter =
        Processes.java(
            List.of("-cp", System.getProperty("java.class.path"), Starter.class.getName()));
    long grandchild =
        Long.parseLong(starter.awaitLine(Pattern.compile("^pid (\\d+)$"), BOUND).group(1));
    assertThat(ProcessHandle.of(grandchild)).isPresent();
    starter.kill();
    Awaitility.await()
        .atMost(BOUND)
        .until(() -> ProcessHandle.of(grandchild).filter(ProcessHandle::isAlive).isEmpty());
  }

  private static ChildProcess shell(String script) {
    return ChildProcess.start(List.of("sh", "-c", script), Map.of("AEGIS_X", "given"));
  }

  /** The JVM of the test above. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] args) throws InterruptedException {
      ChildProcess child = ChildProcess.start(List.of("sleep", "600"), Map.of());
      System.out.println("pid " + child.pid());
      Thread.sleep(Duration.ofMinutes(10));
    }
  }
}
