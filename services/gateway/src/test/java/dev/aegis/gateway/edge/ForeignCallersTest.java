package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Peers;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Callers that others wrote: curl, h2load, and a client of server-sent events. */
final class ForeignCallersTest {
  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private static GatewayInProcess before(String target) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(target);
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("localhost")));
    return gateway;
  }

  private static String said(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static String url(GatewayInProcess gateway, String scheme) {
    int port = scheme.equals("http") ? gateway.port() : gateway.securePort();
    return scheme + "://localhost:" + port + "/";
  }

  /** h2c with prior knowledge, h2 by ALPN, and beside them HTTP/1.1 and 1.0 on the same ports. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --http2-prior-knowledge | http  | 2
          --http2                 | https | 2
          --http1.1               | https | 1.1
          --http1.1               | http  | 1.1
          --http1.0               | http  | 1.1
          """)
  void curl(String option, String scheme, String version) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url())) {
      String curl = Peers.program("curl", "AEGIS_TEST_CURL").toString();
      String format = "%{http_version} %{http_code}\n";
      assertThat(said(List.of(curl, "-sk", option, "-w", format, "-d", "x", url(gateway, scheme))))
          .isEqualTo("hello" + version + " 200\n");
    }
  }

  /** Every request is answered by 2xx, and counted once, also with as many streams as may be. */
  @ParameterizedTest
  @CsvSource({"http, 100, 0", "https, 20, 0", "http, 20, 100000", "https, 100, 100000"})
  void h2load(String scheme, int streams, int body) throws Exception {
    int requests = body == 0 ? 4_000 : 400;
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url())) {
      List<String> command = new ArrayList<>();
      command.add(Peers.program("h2load", "AEGIS_TEST_H2LOAD").toString());
      command.addAll(
          List.of("-n", Integer.toString(requests), "-c", "4", "-m", Integer.toString(streams)));
      if (body > 0) {
        Path file = Files.write(folder.resolve("body"), new byte[body]);
        command.addAll(List.of("-d", file.toString()));
      }
      command.add(url(gateway, scheme));
      assertThat(said(command))
          .contains(requests + " succeeded, 0 failed, 0 errored, 0 timeout")
          .contains("status codes: " + requests + " 2xx, 0 3xx, 0 4xx, 0 5xx");
      assertThat(gateway.finished(requests))
          .hasSize(requests)
          .allSatisfy(each -> assertThat(each.event().bytesIn()).isEqualTo(body));
    }
  }

  /** Each event is seen before the next one is sent: nothing is held back. */
  @Test
  void eventsource() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    Path library = Repository.root().resolve(".peers/npm/node_modules/eventsource");
    assertThat(library.resolve("package.json"))
        .as("the npm library eventsource is needed: scripts/peers fetches it")
        .exists();
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                          + "id: 1\ndata: one\n\n");
                  first.await();
                  leg.send("id: 2\ndata: two\n\n");
                  second.await();
                  leg.send("event: end\ndata:\n\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = before(backend.url());
        ChildProcess listener =
            ChildProcess.start(
                List.of(
                    "node",
                    Repository.root()
                        .resolve("services/gateway/src/test/node/events.mjs")
                        .toString(),
                    library.toString(),
                    url(gateway, "http") + "events"),
                Map.of())) {
      listener.awaitLine(Pattern.compile("^message 1 one$"), BOUND);
      first.countDown();
      listener.awaitLine(Pattern.compile("^message 2 two$"), BOUND);
      second.countDown();
      listener.awaitLine(Pattern.compile("^end$"), BOUND);
      assertThat(listener.awaitExit(BOUND)).isZero();
      // The listener has gone while the backend had more to say: that is how such streams end.
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
    }
  }
}
