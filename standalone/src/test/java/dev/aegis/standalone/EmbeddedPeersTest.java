package dev.aegis.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.chassis.StartFailure;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Processes;
import dev.aegis.testkit.Repository;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPeersTest {
  private static final int ANY = 0;
  private static final Path HOME = Repository.root();
  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir Path data;

  @Test
  void findTheirDataAgain() throws Exception {
    List<Long> ids;
    try (EmbeddedPeers peers = EmbeddedPeers.start(HOME, data, ANY, ANY)) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", peers.bootstrap()))) {
        admin.createTopics(List.of(new NewTopic("kept", 1, (short) 1))).all().get();
      }
      assertThat(say(peers, "SET kept yes")).isEqualTo("+OK");
      ids = peers.processes().stream().map(PeerProcess::pid).toList();
    }
    assertThat(ids).hasSize(2).noneMatch(EmbeddedPeersTest::runs);

    try (EmbeddedPeers peers = EmbeddedPeers.start(HOME, data, ANY, ANY)) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", peers.bootstrap()))) {
        assertThat(admin.listTopics().names().get()).contains("kept");
      }
      assertThat(say(peers, "EXISTS kept")).isEqualTo(":1");
    }
  }

  @Test
  void nameThePortThatIsInUseAndLeaveNothingRunning() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, LoopbackPort.LOOPBACK)) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> EmbeddedPeers.start(HOME, data, ANY, port))
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining("port " + port)
          .hasMessageContaining("AEGIS_REDIS_PORT");
      assertThatThrownBy(() -> EmbeddedPeers.start(HOME, data, port, ANY))
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining("AEGIS_KAFKA_PORT");
    }
    assertThat(ProcessHandle.current().descendants().filter(p -> named(p, data.toString())))
        .isEmpty();
  }

  @Test
  void endWithTheSuiteThatIsKilled() throws Exception {
    ChildProcess suite =
        Processes.java(
            List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Suite.class.getName(),
                data.toString()));
    Matcher started = suite.awaitLine(Pattern.compile("^peers (\\d+) (\\d+)$"), BOUND);
    List<Long> ids = Stream.of(1, 2).map(group -> Long.parseLong(started.group(group))).toList();
    assertThat(ids).allMatch(EmbeddedPeersTest::runs);

    suite.kill();
    Awaitility.await().atMost(BOUND).until(() -> ids.stream().noneMatch(EmbeddedPeersTest::runs));
  }

  @Test
  void tellWhichOfThemEndedByItself() throws Exception {
    Queue<String> ended = new ConcurrentLinkedQueue<>();
    try (EmbeddedPeers peers = EmbeddedPeers.start(HOME, data, ANY, ANY)) {
      peers.watch(ended::add);
      long redis = peers.processes().getLast().pid();
      ProcessHandle.of(redis).orElseThrow().destroyForcibly();
      Awaitility.await().atMost(BOUND).until(() -> !ended.isEmpty());
    }
    assertThat(ended).as("not Kafka, which was asked to end").containsExactly("Redis");
  }

  private static boolean runs(long id) {
    return ProcessHandle.of(id).map(ProcessHandle::isAlive).orElse(false);
  }

  private static boolean named(ProcessHandle process, String text) {
    return process.info().commandLine().filter(line -> line.contains(text)).isPresent();
  }

  private static String say(EmbeddedPeers peers, String command) throws Exception {
    try (Socket socket =
        new Socket(LoopbackPort.LOOPBACK, URI.create(peers.redisUrl()).getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      byte[] reply = new byte[64];
      int length = socket.getInputStream().read(reply);
      return new String(reply, 0, length, StandardCharsets.US_ASCII).strip();
    }
  }

  /** The process of the last test. */
  static final class Suite {
    private Suite() {}

    public static void main(String[] args) throws Exception {
      try (EmbeddedPeers peers = EmbeddedPeers.start(HOME, Path.of(args[0]), ANY, ANY)) {
        List<PeerProcess> processes = peers.processes();
        System.out.println("peers " + processes.get(0).pid() + " " + processes.get(1).pid());
        Thread.sleep(Duration.ofMinutes(10));
      }
    }
  }
}
