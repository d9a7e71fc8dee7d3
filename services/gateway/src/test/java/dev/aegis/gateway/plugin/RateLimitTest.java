package dev.aegis.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.journal.RateLimitConfig;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Whose requests a limit counts together. */
final class RateLimitTest {
  private static final String KEY = "key ci";
  private static final String OTHER_KEY = "key deploy";

  private static RateLimit by(String by) throws Exception {
    String config = "{'limit':1,'window_seconds':60,'by':" + by + "}";
    ObjectNode read = (ObjectNode) new ObjectMapper().readTree(config.replace('\'', '"'));
    return new RateLimit("l", RateLimitConfig.read(read), "l");
  }

  private static String caller(RateLimit limit, String subject, String key, String address)
      throws Exception {
    RequestHead head = new RequestHead();
    head.read(
        Input.stored("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    return limit.claim(new RateLimit.Asker("a", "r", subject, key, address, head)).caller();
  }

  @Test
  void keysOfOneSubjectAreApartIfAsked() throws Exception {
    RateLimit byKey = by("['key']");
    assertThat(caller(byKey, "svc", KEY, "1.1.1.1"))
        .isEqualTo(caller(byKey, "svc", KEY, "2.2.2.2"));
    assertThat(caller(byKey, "svc", KEY, "1.1.1.1"))
        .isNotEqualTo(caller(byKey, "svc", OTHER_KEY, "1.1.1.1"));
    RateLimit bySubject = by("['subject']");
    assertThat(caller(bySubject, "svc", KEY, "1.1.1.1"))
        .isEqualTo(caller(bySubject, "svc", OTHER_KEY, "1.1.1.1"));
  }

  @Test
  void withoutAKeyItIsTheSubjectAndWithoutThatTheAddress() throws Exception {
    RateLimit byKey = by("['key']");
    assertThat(caller(byKey, "svc", "", "1.1.1.1")).isEqualTo(caller(byKey, "svc", "", "2.2.2.2"));
    assertThat(caller(byKey, "", "", "1.1.1.1")).isNotEqualTo(caller(byKey, "", "", "2.2.2.2"));
  }

  @Test
  void noKeyIsTheBeginningOfAnother() throws Exception {
    RateLimit byKey = by("['key']");
    assertThat(caller(byKey, "b\nc", "token a", "1.1.1.1"))
        .isNotEqualTo(caller(byKey, "c", "token a\nb", "1.1.1.1"));
  }
}
