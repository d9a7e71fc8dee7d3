package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.PluginSource;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that take part in bodies, and those that hear of the end of requests. */
final class BodyPluginsTest {
  /** Reads and writes bodies in every way that a plugin can. */
  private static final String BODIES =
      """
      import dev.aegis.plugin.*;
      import java.nio.charset.StandardCharsets;

      public class Bodies implements Plugin<Bodies.Config> {
        public enum Mode { UPPER, HELD, REFUSES, REFUSES_LATE, THROWS, GROWS, REPLY, REPLY_THROWS }

        public record Config(@Member("How.") Mode mode) {}

        public String name() { return "bodies"; }

        public String description() { return "Changes bodies."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) {
          return switch (config.mode()) {
            case REPLY, REPLY_THROWS -> (Filter.EditingReplyBody)
                (request, reply) -> new Upper(config.mode());
            default -> new OfRequests(config.mode());
          };
        }

        record OfRequests(Mode mode) implements Filter.EditingRequestBody {
          public int holds() {
            return mode == Mode.HELD || mode == Mode.REFUSES ? 64 : 0;
          }

          public BodyEdit editRequestBody(Request request) {
            return new Upper(mode);
          }
        }

        static final class Upper implements BodyEdit {
          private final Mode mode;

          Upper(Mode mode) {
            this.mode = mode;
          }

          public void piece(byte[] bytes, Out out) {
            if (mode == Mode.THROWS || mode == Mode.REPLY_THROWS) {
              throw new IllegalStateException("of all things");
            }
            out.add(new String(bytes, StandardCharsets.UTF_8).toUpperCase().getBytes());
            if (mode == Mode.GROWS) {
              out.add(new byte[17 << 20]);
            }
          }

          public Verdict end(Out out) {
            out.add("!".getBytes());
            return mode == Mode.REFUSES || mode == Mode.REFUSES_LATE
                ? new Verdict.Refuse(422, "not this body")
                : Verdict.PASS;
          }
        }
      }
      """;

  private static final String NOTES =
      """
      import dev.aegis.plugin.*;
      import java.nio.file.*;

      public class Notes implements Plugin<Notes.Config> {
        public record Config(@Member("Where to.") String file) {}

        public String name() { return "notes"; }

        public String description() { return "Takes note of requests."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) {
          return (Filter.Recording) (request, ended) -> {
            try {
              Files.writeString(
                  Path.of(config.file()),
                  request.method() + " " + request.path() + " " + ended.status() + " "
                      + ended.code() + " " + ended.upstream() + " " + ended.bytesOut() + "\\n",
                  StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          };
        }
      }
      """;

  @TempDir Path folder;
  @TempDir Path work;

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start(
        (request, exchange) ->
            exchange.reply(
                200,
                List.of("Content-Type: application/json", "ETag: \"1\""),
                request.body().length == 0
                    ? "{\"id\":1,\"password\":\"x\",\"price\":1.10}".getBytes(UTF_8)
                    : request.body()));
  }

  /** With time enough on a busy machine. */
  private static void use(GatewayInProcess gateway, String plugin, Map<String, ?> config) {
    gateway.put(
        "tenants/a/plugins/x",
        Map.of("id", "x", "plugin", plugin, "config", config, "timeout_ms", 10_000));
  }

  private GatewayInProcess with(StubUpstream backend, String name, String source) throws Exception {
    new PluginSource(work, Plugin.class, name, source).pack(folder.resolve("it.jar"), "v");
    GatewayInProcess gateway = GatewayInProcess.before(backend.url());
    try (PluginFolder plugins = new PluginFolder(folder)) {
      gateway.install(plugins.get());
    }
    return gateway;
  }

  private static HttpMessage post(HttpProbe caller, String body) throws Exception {
    caller.send(
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Digest: x\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
    return caller.read();
  }

  @Test
  void aBodyPassesThroughAPieceAtATime() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = with(backend, "Bodies", BODIES);
        HttpProbe caller = gateway.connect()) {
      use(gateway, "bodies", Map.of("mode", "upper"));
      assertThat(post(caller, "hello").text()).isEqualTo("HELLO!");
      HttpMessage got = backend.received().getLast();
      assertThat(got.fields("Content-Length")).isEmpty();
      assertThat(got.fields("Transfer-Encoding")).containsExactly("chunked");
      assertThat(got.fields("Content-Digest")).isEmpty();
      assertThat(post(caller, "again").text()).isEqualTo("AGAIN!");
    }
  }

  @Test
  void aBodyIsWaitedForAsAWhole() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = with(backend, "Bodies", BODIES);
        HttpProbe caller = gateway.connect()) {
      use(gateway, "bodies", Map.of("mode", "held"));
      caller.send(
          "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(100);
      caller.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo("ABCDE!");
      HttpMessage got = backend.received().getLast();
      assertThat(got.fields("Content-Length")).containsExactly("6");
      assertThat(got.fields("Expect")).isEmpty();
      HttpMessage large = post(caller, "x".repeat(65));
      assertThat(large.status()).isEqualTo(413);
      assertThat(backend.received()).hasSize(1);
    }
  }

  @Test
  void aRefusedBodyReachesNobody() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = with(backend, "Bodies", BODIES);
        HttpProbe caller = gateway.connect()) {
      use(gateway, "bodies", Map.of("mode", "refuses"));
      HttpMessage refused = post(caller, "abc");
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.text()).contains("\"plugin_refused\"", "not this body");
      assertThat(backend.received()).isEmpty();
      use(gateway, "bodies", Map.of("mode", "refuses_late"));
      HttpMessage late = post(caller, "abc");
      assertThat(late.status()).isEqualTo(422);
      assertThat(backend.received()).noneMatch(HttpMessage::complete);
    }
  }

  @Test
  void oneThatFailsOnABodyFailsAsItsDefinitionSays() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = with(backend, "Bodies", BODIES);
        HttpProbe caller = gateway.connect()) {
      for (String mode : List.of("throws", "grows")) {
        use(gateway, "bodies", Map.of("mode", mode));
        try (HttpProbe one = gateway.connect()) {
          HttpMessage failed = post(one, "abc");
          assertThat(failed.status()).isEqualTo(503);
          assertThat(failed.text()).contains("\"plugin_failed\"");
        }
      }
      assertThat(backend.received()).noneMatch(HttpMessage::complete);
      assertThat(gateway.pluginFailures()).hasSize(2);
      use(gateway, "bodies", Map.of("mode", "reply"));
      assertThat(post(caller, "abc").text()).isEqualTo("ABC!");
      use(gateway, "bodies", Map.of("mode", "reply_throws"));
      try (HttpProbe cut = gateway.connect()) {
        cut.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc");
        HttpMessage reply = cut.read();
        // The head may have gone before its body came.
        assertThat(reply.status() == 503 || !reply.complete()).isTrue();
        assertThat(reply.text()).doesNotContainIgnoringCase("abc");
      }
    }
  }

  @Test
  void jsonIsChangedOnBothWays() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(
          gateway,
          "json_transform",
          Map.of(
              "body",
              "response",
              "remove",
              List.of("/password"),
              "rename",
              Map.of("/id", "number"),
              "set",
              Map.of("/n", "[1]")));
      caller.send(
          "GET / HTTP/1.1\r\nHost: a.test\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip\r\n\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.text()).isEqualTo("{\"price\":1.10,\"number\":1,\"n\":[1]}");
      assertThat(reply.fields("ETag")).isEmpty();
      assertThat(backend.received().getLast().fields("Range")).isEmpty();
      assertThat(backend.received().getLast().fields("Accept-Encoding")).isEmpty();
      caller.send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      assertThat(caller.readHead().fields("Content-Length")).isEmpty();
      use(gateway, "json_transform", Map.of("body", "request", "remove", List.of("/admin")));
      assertThat(post(caller, "{\"admin\":true,\"a\":[1,2]}").text()).isEqualTo("{\"a\":[1,2]}");
      assertThat(backend.received().getLast().fields("Content-Length")).containsExactly("11");
      HttpMessage twice = post(caller, "{\"admin\":1,\"admin\":2}");
      assertThat(twice.status()).isEqualTo(400);
      assertThat(twice.text()).contains("The body is not JSON");
    }
  }

  @Test
  void whoTakesNoteHearsOfTheEnd() throws Exception {
    Path file = work.resolve("notes.txt");
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = with(backend, "Notes", NOTES);
        HttpProbe caller = gateway.connect()) {
      use(gateway, "notes", Map.of("file", file.toString()));
      assertThat(post(caller, "abc").status()).isEqualTo(200);
      caller.send("DELETE /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(200);
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () ->
                  assertThat(file)
                      .content(UTF_8)
                      .startsWith("POST / 200  ")
                      .contains("\nDELETE /x 200 "));
      assertThat(Files.readAllLines(file).getFirst()).endsWith(" 3");
    }
  }
}
