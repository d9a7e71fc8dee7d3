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

  @Test
  void repliesMaySayWhatARequestCosts() throws Exception {
    String windows = "'windows':[{'limit':9,'window_seconds':1},{'limit':90,'window_seconds':60}]";
    RateLimitConfig config =
        RateLimitConfig.read(json("{" + windows + ",'reply_cost':{'header':'X-Cost'}}"));
    assertThat(config.replyCost())
        .isEqualTo(new RateLimitConfig.ReplyCost("x-cost", 9, false)); // what each window bears
    assertThat(RateLimitConfig.read(json("{'limit':9000,'window_seconds':1}")).replyCost())
        .isNull();
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
          {'algorithm':'concurrency','limit':1,'reply_cost':{'header':'x'}} | /config/reply_cost
          {'limit':9,'window_seconds':1,'reply_cost':{}} | /config/reply_cost/header
          {'limit':9,'window_seconds':1,'reply_cost':{'header':'a b'}} | /config/reply_cost/header
          {'limit':9,'window_seconds':1,'reply_cost':{'header':'Via'}} | /config/reply_cost/header
          {'limit':9,'window_seconds':1,'reply_cost':{'header':'x','most':10}} | /config/reply_cost/most
          {'limit':9,'window_seconds':1,'reply_cost':{'header':'x','most':0}} | /config/reply_cost/most
          {'limit':9,'window_seconds':1,'reply_cost':{'header':'x','kept':1}} | /config/reply_cost/kept
          {'limit':9,'window_seconds':1,'cost':0,'reply_cost':{'header':'x'}} | /config/cost
          {'limit':1} | /config/window_seconds
          """)
  void saysWhatIsWrong(String config, String field) throws Exception {
    ObjectNode given = json(config);
    InvalidDefinition invalid =
        catchThrowableOfType(InvalidDefinition.class, () -> RateLimitConfig.read(given));
    assertThat(invalid.violations()).extracting(Violation::field).contains(field);
  }
}
