package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import dev.aegis.testkit.WasmModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebAssembly modules of tenants, put to use on a gateway: the good ones and the bad ones. */
final class WasmPluginsTest {
  private static final Duration BOUND = Duration.ofSeconds(30);

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start(
        (request, exchange) ->
            exchange.reply(200, List.of(), "hello".getBytes(StandardCharsets.UTF_8)));
  }

  private static void use(
      GatewayInProcess gateway, WasmModule module, Map<String, ?> of, Map<String, ?> config)
      throws IOException {
    Map<String, Object> told = new HashMap<>(Map.of("module", module.text()));
    told.putAll(config);
    Map<String, Object> definition =
        new HashMap<>(Map.of("id", "x", "plugin", "wasm", "timeout_ms", 5_000, "config", told));
    definition.putAll(of);
    gateway.put("tenants/a/plugins/x", definition);
  }

  private static void probe(GatewayInProcess gateway, String mode) throws IOException {
    use(gateway, WasmModule.PROBE, Map.of(), Map.of("configuration", mode));
  }

  private static HttpMessage get(HttpProbe caller, String tenant, String lines) throws Exception {
    caller.send("GET /it?q=1 HTTP/1.1\r\nHost: " + tenant + ".test\r\n" + lines + "\r\n");
    return caller.read();
  }

  private static List<String> why(GatewayInProcess gateway) {
    return gateway.pluginFailures().stream().map(Failure::why).toList();
  }

  @Test
  void changesTheHeadersOfRequestsAndReplies() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, "headers");
      assertThat(gateway.compiledFindings()).isEmpty();
      HttpMessage reply =
          get(
              caller,
              "a",
              "Authorization: Bearer secret\r\nX-Mine: 1\r\nX-Gone: 1\r\nX-Kept: 1\r\n");
      assertThat(why(gateway)).isEmpty();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.fields("x-wasm-status")).containsExactly("200 GET");
      HttpMessage request = backend.received().getFirst();
      assertThat(request.fields("x-wasm")).containsExactly("GET /it?q=1 of a");
      assertThat(request.fields("x-mine")).as("credentials are not shown").containsExactly("none");
      assertThat(request.fields("x-gone")).isEmpty();
      assertThat(request.fields("x-kept")).containsExactly("1");
    }
  }

  @Test
  void runsTheExampleOfAPublicSdkUnchanged() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(
          gateway,
          WasmModule.HELLO,
          Map.of(),
          Map.of("root_id", "add_header", "configuration", Map.of("told", true)));
      assertThat(gateway.compiledFindings()).isEmpty();
      assertThat(get(caller, "a", "").fields("hello")).containsExactly("{\"told\":true}");
      assertThat(why(gateway)).isEmpty();
    }
  }

  @Test
  void refusesWhatItDoesNotLetPass() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, "refuse");
      HttpMessage refused = get(caller, "a", "");
      assertThat(refused.status()).isEqualTo(418);
      assertThat(refused.text()).contains("\"plugin_refused\"", "no /it?q=1");
      assertThat(backend.received()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 200", "1000, 200"})
  void changesBodies(int hold, int status) throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(
          gateway,
          WasmModule.PROBE,
          Map.of(),
          Map.of("configuration", "bodies", "bodies", "both", "hold_bytes", hold));
      caller.send(
          "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      HttpMessage reply = caller.read();
      assertThat(why(gateway)).isEmpty();
      assertThat(reply.status()).isEqualTo(status);
      assertThat(backend.received().getFirst().text()).isEqualTo("ABCDE");
      assertThat(reply.text()).isEqualTo("[piece]hello[end]");
      caller.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nno");
      HttpMessage refused = caller.read();
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.text()).contains("not this");
    }
  }

  @Test
  void sharesDataAmongItsInstancesAndWithNobodyElse() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.tenant("b", backend.url(), Map.of());
      gateway.put(
          "plugins/x",
          Map.of(
              "id",
              "x",
              "plugin",
              "wasm",
              "timeout_ms",
              5_000,
              "config",
              Map.of("module", WasmModule.PROBE.text(), "configuration", "count")));
      try (HttpProbe caller = gateway.connect()) {
        assertThat(get(caller, "a", "").status()).isEqualTo(200);
      }
      List<Thread> load = new ArrayList<>();
      ConcurrentLinkedQueue<Object> wrong = new ConcurrentLinkedQueue<>();
      CountDownLatch begin = new CountDownLatch(1);
      for (int i = 0; i < 8; i++) {
        load.add(
            Thread.startVirtualThread(
                () -> {
                  try (HttpProbe caller = gateway.connect()) {
                    begin.await();
                    for (int j = 0; j < 25; j++) {
                      int status = get(caller, "a", "").status();
                      if (status != 200) {
                        wrong.add(status);
                      }
                    }
                  } catch (Exception e) {
                    wrong.add(e);
                  }
                }));
      }
      begin.countDown();
      for (Thread each : load) {
        assertThat(each.join(BOUND)).isTrue();
      }
      assertThat(Set.copyOf(why(gateway))).isEmpty();
      assertThat(wrong).isEmpty();
      List<String> counts = new ArrayList<>();
      backend.received().forEach(each -> counts.addAll(each.fields("x-count")));
      assertThat(counts).hasSize(201).doesNotHaveDuplicates().contains("1", "201");
      try (HttpProbe caller = gateway.connect()) {
        assertThat(get(caller, "b", "").status()).isEqualTo(200);
      }
      assertThat(backend.received().getLast().fields("x-count")).containsExactly("1");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "loop, it took longer than 300 ms",
    "trap, unreachable",
    "stack, call stack exhausted"
  })
  void aBadOneFailsAloneAndIsSwitchedOff(String mode, String why) throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.tenant("b", backend.url(), Map.of());
      use(gateway, WasmModule.PROBE, Map.of("timeout_ms", 300), Map.of("configuration", mode));
      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> {
                assertThat(get(caller, "a", "X-Trap: 1\r\nX-Deep: 1\r\n").status()).isEqualTo(503);
                assertThat(get(caller, "b", "").status()).isEqualTo(200);
                assertThat(gateway.pluginFailures()).anyMatch(Failure::switchedOff);
              });
      assertThat(gateway.pluginFailures().getFirst().why()).contains(why);
      gateway.elapse(Duration.ofSeconds(5));
      probe(gateway, "headers");
      assertThat(get(caller, "a", "X-Deep: 1\r\n").status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource({"xforge, Aegis' own to say", "wait, it paused"})
  void oneThatDoesWhatItMayNotFails(String mode, String why) throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, mode);
      assertThat(get(caller, "a", "").status()).isEqualTo(503);
      assertThat(why(gateway)).first().asString().contains(why);
      use(gateway, WasmModule.PROBE, Map.of("on_failure", "open"), Map.of("configuration", mode));
      assertThat(get(caller, "a", "").status()).isEqualTo(200);
      assertThat(backend.received().getLast().fields("x-user-id")).isEmpty();
    }
  }

  @Test
  void oneFailureOfAnInstanceIsForgottenWithIt() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, "trap");
      for (int i = 0; i < 10; i++) {
        assertThat(get(caller, "a", "X-Trap: 1\r\n").status()).isEqualTo(503);
        assertThat(get(caller, "a", "").status()).isEqualTo(200);
      }
      assertThat(gateway.pluginFailures()).noneMatch(Failure::switchedOff);
    }
  }

  @Test
  void memoryGrowsNoFurtherThanItMay() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(gateway, WasmModule.PROBE, Map.of(), Map.of("configuration", "grow", "memory_mb", 4));
      assertThat(get(caller, "a", "").status()).isEqualTo(200);
      assertThat(Integer.parseInt(backend.received().getLast().fields("x-pages").getFirst()))
          .isBetween(40, 64);
    }
  }

  @Test
  void whatItReachesForIsLookedAt() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, "pointers");
      assertThat(get(caller, "a", "").status()).isEqualTo(200);
      assertThat(backend.received().getLast().fields("x-wrong")).containsExactly("0");
      probe(gateway, "many");
      assertThat(get(caller, "a", "").status()).isEqualTo(200);
      assertThat(why(gateway)).isEmpty();
      assertThat(backend.received().getLast().fields("x-flood-0")).containsExactly("251/1000/64");
    }
  }

  @Test
  void oneThatCannotBeginIsAFinding() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      probe(gateway, "no");
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .singleElement()
          .asString()
          .contains("its proxy_on_configure says no", "its routes get 503");
      assertThat(get(caller, "a", "").status()).isEqualTo(503);
      use(gateway, WasmModule.PROBE, Map.of(), Map.of("module", "AGFzbQEAAAA="));
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .singleElement()
          .asString()
          .contains("it has no memory of its own");
    }
  }

  @Test
  void requestsWithOneIdAreNotTakenForEachOther() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) -> {
                  both.countDown();
                  await().atMost(BOUND).until(() -> both.getCount() == 0);
                  exchange.reply(200, List.of(), new byte[0]);
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe one = gateway.connect();
        HttpProbe other = gateway.connect()) {
      probe(gateway, "headers");
      String same = " / HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: same\r\n\r\n";
      one.send("GET" + same);
      other.send("DELETE" + same);
      assertThat(one.read().fields("x-wasm-status")).containsExactly("200 GET");
      assertThat(other.read().fields("x-wasm-status")).containsExactly("200 DELETE");
    }
  }
}
