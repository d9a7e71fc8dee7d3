package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker's process, as those who start it see it. */
class BrokerProcessTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Pattern READY = Pattern.compile("^broker ready (\\d+)$");

  @TempDir Path data;

  @Test
  void endsWithItsStandardInput() throws IOException, InterruptedException {
    try (ChildProcess broker = broker("--port", "0", "--watch-stdin")) {
      int port = Integer.parseInt(broker.awaitLine(READY, BOUND).group(1));
      assertThat(FreePorts.free(port)).isFalse();
      broker.input().close();
      assertThat(broker.awaitExit(BOUND)).isZero();
      assertThat(FreePorts.free(port)).isTrue();
      assertThat(broker.output()).isEqualTo("broker ready " + port);
    }
  }

  @Test
  void stopsOnSigterm() throws InterruptedException {
    try (ChildProcess broker = broker("--port", "0")) {
      broker.awaitLine(READY, BOUND);
      broker.stop(BOUND);
      assertThat(broker.alive()).isFalse();
    }
  }

  @Test
  void namesThePortThatIsInUse() throws IOException, InterruptedException {
    try (ServerSocket taken = new ServerSocket(0, 1, FreePorts.LOOPBACK);
        ChildProcess broker = broker("--port", Integer.toString(taken.getLocalPort()))) {
      assertThat(broker.awaitExit(BOUND)).isEqualTo(1);
      assertThat(broker.output())
          .isEqualTo(
              "broker: cannot start: port " + taken.getLocalPort() + " on 127.0.0.1 is in use");
    }
  }

  @Test
  void refusesAFolderThatAnotherBrokerUses() throws InterruptedException {
    try (ChildProcess first = broker("--port", "0")) {
      first.awaitLine(READY, BOUND);
      try (ChildProcess second = broker("--port", "0")) {
        assertThat(second.awaitExit(BOUND)).isEqualTo(1);
        assertThat(second.output())
            .isEqualTo("broker: cannot start: " + data + " is in use by another broker");
      }
      assertThat(first.alive()).isTrue();
    }
  }

  private ChildProcess broker(String... arguments) {
    List<String> all =
        Stream.concat(Stream.of("--data", data.toString()), Stream.of(arguments)).toList();
    return Processes.java("standalone/broker", "dev.aegis.broker.BrokerMain", all, Map.of());
  }
}
