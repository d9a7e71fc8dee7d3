package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** However much a node has found, its report stays small enough for Kafka. */
class NodeStatusJsonTest {
  private static final int KAFKA = 1_000_000;

  @Test
  void whatIsSmallIsWrittenWhole() throws IOException {
    NodeStatus status =
        status(List.of(Finding.error("tenants/a", "x".repeat(1_000)), Finding.warning("b", "c")));
    assertThat(NodeStatusJson.read(NodeStatusJson.write(status))).isEqualTo(status);
  }

  @Test
  void aLongTextIsCut() throws IOException {
    for (String text : List.of("x".repeat(2_000_000), "x".repeat(998) + "\uD83D\uDC09".repeat(9))) {
      byte[] written = NodeStatusJson.write(status(List.of(Finding.error("tenants/a", text))));
      assertThat(written).hasSizeLessThan(KAFKA);
      assertThat(NodeStatusJson.read(written).findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.message()).startsWith("xxx").endsWith("x…");
                assertThat(finding.message().length()).isLessThanOrEqualTo(1_000);
              });
    }
  }

  @Test
  void ofTooManyItSaysHowManyMore() throws IOException {
    List<Finding> findings =
        new ArrayList<>(
            Collections.nCopies(50_000, Finding.error("tenants/a", "\u0001".repeat(400))));
    byte[] written = NodeStatusJson.write(status(findings));
    assertThat(written).hasSizeLessThan(KAFKA);
    List<Finding> read = NodeStatusJson.read(written).findings();
    assertThat(read).hasSizeGreaterThan(200).startsWith(findings.getFirst());
    assertThat(read.getLast().subject()).isEqualTo("findings");
    assertThat(read.getLast().message()).startsWith(50_000 - (read.size() - 1) + " more");
  }

  private static NodeStatus status(List<Finding> findings) {
    return new NodeStatus("n", "gateway", "1", 7, Instant.EPOCH, Instant.EPOCH, findings);
  }
}
