package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets in HTTP/2 whose body is not as long as they say (RFC 9113 section 8.1.1). */
final class MiscountingTargetsTest {
  @ParameterizedTest
  @CsvSource({"9,'5\r\nabcde\r\n'", "1,'2\r\nab\r\n'", "4,'2\r\nab\r\n3\r\ncde\r\n'", "2,''"})
  void whatTheySendIsNeitherAWholeReplyNorKept(int said, String chunks) throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.send(
                        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                            + StreamsFront.SAID_LENGTH
                            + ": "
                            + said
                            + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + chunks
                            + "0\r\n\r\n"));
        GatewayInProcess gateway = GatewayInProcess.before(TargetProtocol.HTTP_2, backend.url())) {
      gateway.route(Map.of("cache", Map.of()));
      for (int i = 0; i < 2; i++) {
        try (HttpProbe caller = gateway.connect()) {
          HttpMessage reply = caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read();
          assertThat(reply.status() == 502 || !reply.complete()).isTrue();
        }
      }
      assertThat(gateway.finished(2))
          .allSatisfy(
              each -> {
                assertThat(each.event().code()).isEqualTo("upstream_failed");
                assertThat(each.event().cache()).isEqualTo("miss");
              });
    }
  }
}
