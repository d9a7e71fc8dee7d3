package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.testkit.ConsulPeer;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Discovery by a real Consul, and by one that answers as a Consul in trouble does. */
final class ConsulDiscoveryTest {
  private static final String ONE =
      "[{\"Node\":{\"Node\":\"n\",\"Address\":\"127.0.0.1\"},\"Service\":{\"ID\":\"one\","
          + "\"Service\":\"s\",\"Address\":\"127.0.0.1\",\"Port\":9001,\"Tags\":[],\"Meta\":{}},"
          + "\"Checks\":[]}]";
  private static final TargetSource.Consul SERVICE = TargetSource.Consul.all("s");
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path folder;

  @Test
  void followsARealConsulAndKeepsWhatItKnowsWhileThatIsAway() {
    Upstream upstream = upstream();
    try (ConsulPeer consul = ConsulPeer.start()) {
      consul.register("s", "one", 9001);
      try (ConsulDiscovery discovery =
          new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
        discovery.follow(SERVICE, upstream);
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
      try (ConsulDiscovery discovery =
          new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
        discovery.follow(SERVICE, later);
        assertThat(later.size()).as("from its file").isEqualTo(1);
      }
    }
  }

  @Test
  void doubtsThatAllIsGoneWhenConsulSpeaksOfThePast() throws IOException {
    Upstream upstream = upstream();
    Answers answers = new Answers();
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery =
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
      answers.be(100, ONE);
      discovery.follow(SERVICE, upstream);
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
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), Duration.ofMillis(300))) {
      answers.be(100, ONE);
      discovery.follow(SERVICE, upstream);
      await().until(() -> upstream.size() == 1);
      answers.be(2, "[]");
      await().until(() -> upstream.size() == 0);
    }
  }

  @Test
  void selectsByAllTagsAndByMetadataAndTakesWeights() {
    Upstream all = upstream();
    Upstream tagged = upstream();
    Upstream zone = upstream();
    Upstream elsewhere = upstream();
    try (ConsulPeer consul = ConsulPeer.start();
        ConsulDiscovery discovery =
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
      consul.register("s", "one", 9001, "{\"Tags\":[\"v2\",\"eu\"],\"Meta\":{\"zone\":\"a\"}}");
      consul.register("s", "two", 9002, "{\"Tags\":[\"v2\"],\"Meta\":{\"zone\":\"b\"}}");
      consul.register(
          "s", "three", 9003, "{\"Tags\":[\"eu\"],\"Weights\":{\"Passing\":3,\"Warning\":1}}");
      consul.register("s", "no port", 0);
      discovery.follow(SERVICE, all);
      discovery.follow(selecting(Set.of("v2", "eu"), null, Map.of()), tagged);
      discovery.follow(selecting(Set.of("v2"), "dc1", Map.of("zone", "b")), zone);
      discovery.follow(selecting(Set.of(), "dc9", Map.of()), elsewhere);
      await().untilAsserted(() -> assertThat(turns(all, 10)).hasSize(3));
      assertThat(turns(all, 10))
          .isEqualTo(Map.of("127.0.0.1:9001", 2, "127.0.0.1:9002", 2, "127.0.0.1:9003", 6));
      await().untilAsserted(() -> assertThat(turns(tagged, 1)).containsOnlyKeys("127.0.0.1:9001"));
      await().untilAsserted(() -> assertThat(turns(zone, 1)).containsOnlyKeys("127.0.0.1:9002"));
      assertThat(elsewhere.size()).isZero();
      assertThat(discovery.connected()).as("although it knows no dc9").isTrue();
      // A tag that is taken away takes the target away.
      consul.register("s", "one", 9001, "{\"Tags\":[\"v2\"]}");
      await().until(() -> tagged.size() == 0);
      // Weights are known at the next start too.
      Map<String, Integer> before = turns(all, 10);
      consul.kill();
      Upstream later = upstream();
      try (ConsulDiscovery next =
          new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
        next.follow(SERVICE, later);
        assertThat(turns(later, 10)).isEqualTo(before);
      }
    }
  }

  @Test
  void asksWithItsToken() {
    try (ConsulPeer consul = ConsulPeer.guarded()) {
      consul.register("s", "one", 9001);
      Upstream refused = upstream();
      String unknown = "0dd1f7f2-94b4-4bd5-8b06-6a5a54fb0e31";
      try (ConsulDiscovery discovery = guarded(consul, unknown)) {
        discovery.follow(SERVICE, refused);
        await()
            .during(Duration.ofMillis(500))
            .until(() -> !discovery.connected() && refused.size() == 0);
      }
      Upstream upstream = upstream();
      try (ConsulDiscovery discovery = guarded(consul, consul.readerToken("s"))) {
        discovery.follow(SERVICE, upstream);
        await().until(() -> upstream.size() == 1);
      }
      // What was known outlives that the token is not taken any more.
      Upstream later = upstream();
      try (ConsulDiscovery discovery = guarded(consul, unknown)) {
        discovery.follow(SERVICE, later);
        await().during(Duration.ofMillis(500)).until(() -> later.size() == 1);
      }
    }
  }

  private ConsulDiscovery guarded(ConsulPeer consul, String token) {
    return new ConsulDiscovery(new ConsulAccess(consul.url(), token, List.of()), file(), NEVER);
  }

  @Test
  void saysItsTokenInTheHeaderAndNowhereElse() {
    Answers answers = new Answers();
    String token = "a-token-of-the-test";
    ConsulAccess access;
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange))) {
      access = new ConsulAccess(consul.url(), token, List.of());
      try (ConsulDiscovery discovery = new ConsulDiscovery(access, file(), NEVER)) {
        discovery.follow(SERVICE, upstream());
        await().until(() -> !consul.received().isEmpty());
      }
      HttpMessage request = consul.received().getFirst();
      assertThat(request.field("X-Consul-Token")).isEqualTo(token);
      assertThat(request.startLine()).doesNotContain(token);
    }
    assertThat(access.toString()).doesNotContain(token);
    assertThat(access.withoutToken("refused: " + token)).isEqualTo("refused: …");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ConsulAccess("http://a:1", "two\nlines", List.of()))
        .withMessageNotContaining("two");
  }

  @Test
  void trustsOnlyWhoItsAuthoritiesVouchFor() throws IOException {
    Instant now = Instant.now();
    KeyedChain own = SelfSigned.make(List.of("localhost"), now, now.plusSeconds(3_600));
    KeyedChain other = SelfSigned.make(List.of("localhost"), now, now.plusSeconds(3_600));
    KeyedChain elsewhere = SelfSigned.make(List.of("consul.test"), now, now.plusSeconds(3_600));
    try (ConsulPeer consul = secured("own", own)) {
      assertThat(found(consul, own)).isEqualTo(1);
      assertThat(found(consul, other)).as("not vouched for").isZero();
    }
    try (ConsulPeer consul = secured("elsewhere", elsewhere)) {
      assertThat(found(consul, elsewhere)).as("of another name").isZero();
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ConsulAccess("http://a:1", null, own.chain()));
  }

  private ConsulPeer secured(String name, KeyedChain chain) throws IOException {
    Path certificate = folder.resolve(name + ".crt");
    Path key = folder.resolve(name + ".key");
    Files.writeString(certificate, Pem.text(chain.chain().getFirst()));
    Files.writeString(key, Pem.text(chain.key()));
    ConsulPeer consul = ConsulPeer.secured(certificate, key);
    consul.register("s", "one", 9001);
    return consul;
  }

  /** How many targets are found over TLS when this is who is trusted. */
  private int found(ConsulPeer consul, KeyedChain trusted) {
    Upstream upstream = upstream();
    TargetsFile empty = new TargetsFile(folder.resolve(UUID.randomUUID() + ".json"));
    ConsulAccess access = new ConsulAccess(consul.tlsUrl(), null, trusted.chain());
    try (ConsulDiscovery discovery = new ConsulDiscovery(access, empty, NEVER)) {
      discovery.follow(SERVICE, upstream);
      await().until(discovery::asked);
      return upstream.size();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "<html>",
        "[{}]",
        "[null]",
        "[{\"Node\":null,\"Service\":null,\"Checks\":null}]"
      })
  void goesOnAfterGarbage(String garbage) throws IOException {
    Upstream upstream = upstream();
    Answers answers = new Answers();
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery =
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
      answers.be(100, ONE);
      discovery.follow(SERVICE, upstream);
      await().until(() -> upstream.size() == 1);
      answers.be(101, garbage);
      await().until(() -> !discovery.connected());
      assertThat(upstream.size()).isEqualTo(1);
      answers.be(102, "[]");
      await().until(() -> upstream.size() == 0);
    }
  }

  @Test
  void leavesAnUpstreamItsTargetsUntilItsNewSourceIsKnown() throws IOException {
    Upstream upstream = upstream();
    upstream.targets(List.of(new UpstreamDefinition.Target("before", 80, 1)));
    Answers answers = new Answers();
    answers.be(1, "<html>");
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery =
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
      discovery.follow(SERVICE, upstream);
      await().until(() -> consul.received().size() > 2);
      assertThat(turns(upstream, 1)).containsOnlyKeys("before:80");
      answers.be(2, "[]");
      await().until(() -> upstream.size() == 0);
    }
  }

  /** The client throws exceptions that it does not declare; Awaitility sees those that escape. */
  @Test
  void endsWithoutAWord() throws IOException {
    Answers answers = new Answers();
    try (StubUpstream consul = StubUpstream.start((request, exchange) -> answers.give(exchange));
        ConsulDiscovery discovery =
            new ConsulDiscovery(ConsulAccess.open(consul.url()), file(), NEVER)) {
      Upstream upstream = upstream();
      discovery.follow(SERVICE, upstream);
      await().until(() -> !consul.received().isEmpty());
      discovery.unfollow(SERVICE, upstream);
      AtomicInteger rounds = new AtomicInteger();
      await()
          .until(
              () -> {
                discovery.follow(SERVICE, upstream);
                discovery.unfollow(SERVICE, upstream);
                return rounds.incrementAndGet() == 30;
              });
    }
  }

  private static TargetSource.Consul selecting(
      Set<String> tags, @Nullable String datacenter, Map<String, String> metadata) {
    return new TargetSource.Consul("s", tags, datacenter, metadata);
  }

  /** Who gets how many of so many requests. */
  private static Map<String, Integer> turns(Upstream upstream, int requests) {
    Map<String, Integer> turns = new HashMap<>();
    for (int i = 0; i < requests; i++) {
      Target target = upstream.next(Asking.ANYONE, List.of(), 0);
      if (target != null) {
        turns.merge(target.authority(), 1, Integer::sum);
      }
    }
    return turns;
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
