package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be said of a limit, and what cannot. */
final class RateLimitConfigTest {
  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode)
        new ObjectMapper().readTree(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aLimitOfRequestsUnderWayHasNoTime() throws Exception {
    RateLimitConfig config = RateLimitConfig.read(json("{'algorithm':'concurrency','limit':7}"));
    assertThat(config.windows()).hasSize(1);
    assertThat(config.windows().getFirst().length()).isZero();
    assertThat(config.windows().getFirst().room()).isEqualTo(7);
    assertThat(config.most()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'algorithm':'concurrency'} | /config/limit
          {'algorithm':'concurrency','limit':0} | /config/limit
          {'algorithm':'concurrency','limit':1,'window_seconds':1} | /config/window_seconds
          {'algorithm':'concurrency','limit':1,'windows':[]} | /config/windows
          {'algorithm':'concurrency','limit':1,'burst':1} | /config/burst
          {'algorithm':'concurrency','limit':1,'cost':1} | /config/cost
          {'algorithm':'concurrency','limit':1,'method_costs':{}} | /config/method_costs
          {'algorithm':'concurrency','limit':1,'count_refused':true} | /config/count_refused
          {'algorithm':'concurrency','limit':1,'store':'leased'} | /config/store
          {'algorithm':'sliding_window','limit':1,'window_seconds':1,'store':'leased'} | /config/store
          {'limit':1} | /config/window_seconds
          """)
  void saysWhatIsWrong(String config, String field) throws Exception {
    ObjectNode given = json(config);
    InvalidDefinition invalid =
        catchThrowableOfType(InvalidDefinition.class, () -> RateLimitConfig.read(given));
    assertThat(invalid.violations()).extracting(Violation::field).contains(field);
  }
}
