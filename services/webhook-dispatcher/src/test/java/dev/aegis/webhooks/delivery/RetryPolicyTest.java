package dev.aegis.webhooks.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.egress.CallResult.Answered;
import dev.aegis.egress.CallResult.Failed;
import dev.aegis.egress.CallResult.Failure;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryPolicyTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Duration TOOK = Duration.ofMillis(12);

  private final RetryPolicy policy =
      new RetryPolicy(
          List.of(Duration.ofSeconds(5), Duration.ofSeconds(30)), Duration.ofHours(1), () -> 0.5);
  private final Delivery fresh =
      Delivery.fresh(new DeliveryKey(new EndpointKey("acme", "hook"), "id"), "id", "x.y", NOW, 7);

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 204, 299})
  void isDoneWithAnySuccess(int status) {
    Delivery after = policy.after(fresh, new Answered(status, null, TOOK), NOW, NOW);

    assertThat(after.state()).isEqualTo(Delivery.State.DELIVERED);
    assertThat(after.due()).isNull();
    assertThat(after.version()).isEqualTo(1);
    assertThat(after.attempts()).containsExactly(new Attempt(NOW, 12, status, null));
  }

  @ParameterizedTest
  @CsvSource({"301,redirect", "307,redirect", "400,status", "404,status", "500,status"})
  void triesAgainAfterAnyOtherReply(int status, String error) {
    Delivery after = policy.after(fresh, new Answered(status, null, TOOK), NOW, NOW);

    assertThat(after.state()).isEqualTo(Delivery.State.PENDING);
    assertThat(after.due()).isEqualTo(NOW.plusMillis(5_500));
    assertThat(after.attempts().getFirst().error()).isEqualTo(error);
  }

  @Test
  void givesUpAfterAsManyRetriesAsThereAreDelays() {
    Failed failed = new Failed(Failure.TIMEOUT, TOOK);
    Delivery first = policy.after(fresh, failed, NOW, NOW);
    Delivery second = policy.after(first, failed, NOW, NOW);
    Delivery third = policy.after(second, failed, NOW, NOW);

    assertThat(second.due()).isEqualTo(NOW.plusSeconds(33));
    assertThat(third.state()).isEqualTo(Delivery.State.FAILED);
    assertThat(third.attempts())
        .hasSize(3)
        .allSatisfy(attempt -> assertThat(attempt.error()).isEqualTo("timeout"));
  }

  @Test
  void leavesAReceiverAloneThatIsGone() {
    Delivery after = policy.after(fresh, new Answered(410, null, TOOK), NOW, NOW);

    assertThat(after.state()).isEqualTo(Delivery.State.GONE);
  }

  @ParameterizedTest
  @CsvSource({
    "60,60000",
    "1,5500",
    "999999999,3600000",
    "'Fri, 02 Jan 2026 03:05:05 GMT',60000",
    "'Fri, 02 Jan 2020 03:05:05 GMT',5500",
    "soon,5500",
    "-5,5500",
    "99999999999999999999,5500",
    "'',5500"
  })
  void waitsAsLongAsTheReceiverAsksWithinABound(String asked, long millis) {
    Delivery after = policy.after(fresh, new Answered(503, asked, TOOK), NOW, NOW);

    assertThat(after.due()).isEqualTo(NOW.plusMillis(millis));
  }

  @Test
  void isReadAsItWasWritten() throws Exception {
    Delivery failed =
        policy.after(fresh.replayed("other", NOW, 9), new Failed(Failure.DNS, TOOK), NOW, NOW);
    byte[] body = "{\"type\":\"ü \\\"\"}".getBytes(StandardCharsets.UTF_8);

    StoredDelivery read = StoredDelivery.parse(new StoredDelivery(failed, body).toJson());

    assertThat(read.delivery()).isEqualTo(failed);
    assertThat(read.body()).isEqualTo(body);
    assertThat(read.delivery().messageId()).isEqualTo("id");
    assertThat(read.delivery().replayOf()).isEqualTo("id");
  }
}
