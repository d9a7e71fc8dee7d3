package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.testkit.ConsulPeer;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Discovery by a real Consul, and by one that answers as a Consul in trouble does. */
final class ConsulDiscoveryTest {
  private static final String ONE =
      "[{\"Node\":{\"Node\":\"n\",\"Address\":\"127.0.0.1\"},\"Service\":{\"ID\":\"one\","
          + "\"Service\":\"s\",\"Address\":\"127.0.0.1\",\"Port\":9001,\"Tags\":[],\"Meta\":{}},"
          + "\"Checks\":[]}]";
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path folder;

  @Test
  void followsARealConsulAndKeepsWhatItKnowsWhileThatIsAway() {
    Upstream upstream = upstream();
    try (ConsulPeer consul = ConsulPeer.start()) {
      consul.register("s", "one", 9001);
      try (ConsulDiscovery discovery = new ConsulDiscovery(consul.url(), file(), NEVER)) {
        discovery.follow("s", upstream);
        await().until(() -> upstream.size() == 1);
        consul.register("s", "two", 9002);
        await().until(() -> upstream.size() == 2);
        consul.kill();
        await().until(() -> !discovery.connected());
        assertThat(upstream.size()).isEqualTo(2);
        consul.restart();
        await().atMost(Duration.ofSeconds(30)).until(discovery::connected);
        assertThat(upstream.size()).isEqualTo(2);
        consul.deregister("two");
        await().atMost(Duration.ofSeconds(30)).until(() -> upstream.size() == 1);
      }
      consul.kill();
      Upstream later = upstream();
      try (ConsulDiscovery discovery = new ConsulDiscovery(consul.url(), file(), NEVER)) {
        discovery.follow("s", later);
        assertThat(later.size()).as("from its file").isEqualTo(1);
      }
    }
  }

  @Test
  void doubtsThatAllIsGoneWhenConsulSpeaksOfThePast() throws IOException {
    Upstream upstream = upstream();
    Answers answers = new Answers();
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery = new ConsulDiscovery(consul.url(), file(), NEVER)) {
      answers.be(100, ONE);
      discovery.follow("s", upstream);
      await().until(() -> upstream.size() == 1);
      int before = consul.received().size();
      answers.be(2, "[]");
      await().until(() -> consul.received().size() > before + 3);
      assertThat(upstream.size()).isEqualTo(1);
      answers.be(101, "[]");
      await().until(() -> upstream.size() == 0);
    }
  }

  @Test
  void believesItWhenItLasts() throws IOException {
    Upstream upstream = upstream();
    Answers answers = new Answers();
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery =
            new ConsulDiscovery(consul.url(), file(), Duration.ofMillis(300))) {
      answers.be(100, ONE);
      discovery.follow("s", upstream);
      await().until(() -> upstream.size() == 1);
      answers.be(2, "[]");
      await().until(() -> upstream.size() == 0);
    }
  }

  private static Upstream upstream() {
    return new Upstream("t", UpstreamDefinition.ofService("u", "s"));
  }

  private TargetsFile file() {
    return new TargetsFile(folder.resolve("targets.json"));
  }

  /** What the scripted Consul says at the moment. */
  private static final class Answers {
    private volatile Answer now = new Answer(1, "[]");

    private record Answer(int index, String body) {}

    void be(int index, String body) {
      now = new Answer(index, body);
    }

    void give(StubUpstream.Exchange exchange) throws IOException {
      Answer answer = now;
      exchange.reply(
          200,
          List.of("Content-Type: application/json", "X-Consul-Index: " + answer.index()),
          answer.body().getBytes(StandardCharsets.UTF_8));
    }
  }
}
