package dev.aegis.admin.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.chassis.ExpositionFormat;
import dev.aegis.testkit.Peers;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The metrics of several services as one text. */
final class ExpositionsTest {
  private static final String ONE =
      """
      # HELP aegis_calls_total What "it" is, with a \\\\ in it
      # TYPE aegis_calls_total counter
      aegis_calls_total 3
      aegis_calls_total{tenant="t{1}, \\"x\\"",code=""} 1.5
      # HELP aegis_wait_seconds Spans
      # TYPE aegis_wait_seconds histogram
      aegis_wait_seconds_bucket{le="1"} 1
      aegis_wait_seconds_bucket{le="+Inf"} 2
      aegis_wait_seconds_sum 4.5
      aegis_wait_seconds_count 2
      """;

  private static final String OTHER =
      """
      # HELP aegis_calls_total Another help
      # TYPE aegis_calls_total counter
      aegis_calls_total 7
      """;

  @Test
  void eachFamilyStandsOnceAndEachSampleSaysWhoseItIs() throws Exception {
    String text =
        new Expositions(
                List.of(
                    new Expositions.Source("gateway", "127.0.0.1:8100", _ -> ONE),
                    new Expositions.Source("analytics", "127.0.0.1:4570", _ -> OTHER)))
            .together(ExpositionFormat.TEXT);

    assertThat(text)
        .isEqualTo(
            """
            # HELP aegis_calls_total What "it" is, with a \\\\ in it
            # TYPE aegis_calls_total counter
            aegis_calls_total{service="gateway",instance="127.0.0.1:8100"} 3
            aegis_calls_total{service="gateway",instance="127.0.0.1:8100",tenant="t{1}, \\"x\\"",code=""} 1.5
            aegis_calls_total{service="analytics",instance="127.0.0.1:4570"} 7
            # HELP aegis_service_up Whether the service has told its metrics
            # TYPE aegis_service_up gauge
            aegis_service_up{service="gateway",instance="127.0.0.1:8100"} 1
            aegis_service_up{service="analytics",instance="127.0.0.1:4570"} 1
            # HELP aegis_wait_seconds Spans
            # TYPE aegis_wait_seconds histogram
            aegis_wait_seconds_bucket{service="gateway",instance="127.0.0.1:8100",le="1"} 1
            aegis_wait_seconds_bucket{service="gateway",instance="127.0.0.1:8100",le="+Inf"} 2
            aegis_wait_seconds_sum{service="gateway",instance="127.0.0.1:8100"} 4.5
            aegis_wait_seconds_count{service="gateway",instance="127.0.0.1:8100"} 2
            """);
    assertThat(complaints(text)).isEmpty();
  }

  @Test
  void openMetricsKeepsExemplarsAndUnitsAndEndsOnce() {
    String open =
        """
        # TYPE aegis_wait_seconds histogram
        # UNIT aegis_wait_seconds seconds
        aegis_wait_seconds_bucket{le="1.0"} 1 # {request_id="r}{1"} 0.5 1767323045
        aegis_wait_seconds_bucket{tenant="a}b",le="1.0"} 1 # {trace_id="7"} 0.5 1767323045
        # EOF
        """;
    String text =
        new Expositions(
                List.of(
                    new Expositions.Source(
                        "gateway",
                        "g:1",
                        format -> format == ExpositionFormat.OPEN_METRICS ? open : null)))
            .together(ExpositionFormat.OPEN_METRICS);

    assertThat(text)
        .isEqualTo(
            """
            # HELP aegis_service_up Whether the service has told its metrics
            # TYPE aegis_service_up gauge
            aegis_service_up{service="gateway",instance="g:1"} 1
            # TYPE aegis_wait_seconds histogram
            # UNIT aegis_wait_seconds seconds
            aegis_wait_seconds_bucket{service="gateway",instance="g:1",le="1.0"} 1 # {request_id="r}{1"} 0.5 1767323045
            aegis_wait_seconds_bucket{service="gateway",instance="g:1",tenant="a}b",le="1.0"} 1 # {trace_id="7"} 0.5 1767323045
            # EOF
            """);
  }

  /** One is not there, one takes the connection and says nothing, one fails. */
  @Test
  void whoDoesNotAnswerKeepsNobodyFromTheOthers() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Backend hanging = backend(silent.getLocalPort());
        Backend away = backend(1)) {
      String text =
          new Expositions(
                  List.of(
                      Expositions.Source.of("analytics", URI.create("http://a.test:1"), hanging),
                      Expositions.Source.of("webhook-dispatcher", URI.create("http://b:2"), away),
                      new Expositions.Source(
                          "gateway",
                          "c:3",
                          _ -> {
                            throw new IOException("of all things");
                          }),
                      new Expositions.Source("admin", "d:4", _ -> OTHER)))
              .together(ExpositionFormat.TEXT);

      assertThat(text.lines().filter(line -> !line.startsWith("#")))
          .containsExactly(
              "aegis_calls_total{service=\"admin\",instance=\"d:4\"} 7",
              "aegis_service_up{service=\"analytics\",instance=\"a.test:1\"} 0",
              "aegis_service_up{service=\"webhook-dispatcher\",instance=\"b:2\"} 0",
              "aegis_service_up{service=\"gateway\",instance=\"c:3\"} 0",
              "aegis_service_up{service=\"admin\",instance=\"d:4\"} 1");
    }
  }

  private static Backend backend(int port) {
    return new Backend("It", URI.create("http://127.0.0.1:" + port), "token");
  }

  /** What Prometheus' own checker has to say. */
  private static String complaints(String text) throws Exception {
    Process promtool =
        new ProcessBuilder(
                Peers.program("promtool", "AEGIS_TEST_PROMTOOL").toString(), "check", "metrics")
            .redirectErrorStream(true)
            .start();
    try (InputStream out = promtool.getInputStream()) {
      promtool.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      promtool.getOutputStream().close();
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      promtool.waitFor();
      return said;
    }
  }
}
