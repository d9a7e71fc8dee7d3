package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import dev.aegis.testkit.KafkaPeer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class NodeBoardTest {
  private static final Duration LONG = Duration.ofSeconds(120);

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  @Test
  void nodesAreLiveWhileTheyAreHeard() throws Exception {
    try (KafkaPeer kafka = KafkaPeer.start()) {
      BusSettings settings = new BusSettings(kafka.bootstrap(), "test");
      Topics.ensure(settings);
      try (NodeBoard node = new NodeBoard(settings, now::get);
          NodeBoard admin = new NodeBoard(settings, now::get)) {
        node.publish(status("gateway-0", 1, now.get().minusSeconds(60)));
        await().atMost(LONG).until(() -> written(settings) == 1);
        admin.watch();
        await().atMost(LONG).until(() -> admin.silent().size() == 1);
        assertThat(admin.nodes()).as("its word was old when it was read").isEmpty();

        NodeStatus one = status("gateway-1", 7, now.get().minusSeconds(3_600));
        node.publish(one);
        await().atMost(LONG).until(() -> admin.nodes().size() == 1);
        assertThat(admin.nodes()).as("whatever its clock shows").containsExactly(one);

        now.updateAndGet(at -> at.plus(NodeBoard.LIVE).plusSeconds(1));
        assertThat(admin.nodes()).isEmpty();
        assertThat(admin.silent()).hasSize(2);

        node.withdraw("gateway-1");
        await().atMost(LONG).until(() -> admin.silent().size() == 1);

        kafka.kill();
        node.publish(one);
        kafka.restart();
        await()
            .atMost(LONG)
            .until(
                () -> {
                  node.publish(status("gateway-2", 8, now.get()));
                  return admin.nodes().size() > 0;
                });
      }
    }
  }

  private static long written(BusSettings settings) throws Exception {
    TopicPartition board = new TopicPartition(Topics.NODES, 0);
    try (Admin admin = Clients.admin(settings, "offsets")) {
      return admin
          .listOffsets(Map.of(board, OffsetSpec.latest()))
          .partitionResult(board)
          .get()
          .offset();
    }
  }

  private static NodeStatus status(String node, long revision, Instant at) {
    return new NodeStatus(
        node,
        "gateway",
        "0.1.0",
        revision,
        at,
        at,
        List.of(
            Finding.error("tenants/acme/routes/r", "no such upstream"),
            Finding.warning("redis", "slow")));
  }
}
