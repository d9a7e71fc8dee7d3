package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.upstream.Resolver.Question;
import dev.aegis.gateway.upstream.Resolver.RecordType;
import dev.aegis.gateway.upstream.ScriptedDns.Manner;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Discovery by a scripted name server, asked by the client that the gateway uses. */
final class DnsDiscoveryTest {
  private static final String NAME = "orders.internal";
  private static final String SERVICE = "_http._tcp.orders.internal";

  @TempDir Path folder;

  private final ScriptedDns dns = new ScriptedDns();
  private final JndiResolver resolver =
      new JndiResolver(Optional.of(dns.server()), Duration.ofMillis(50));

  @AfterEach
  void close() {
    dns.close();
  }

  @Test
  void followsAddressesOfBothFamilies() {
    Upstream upstream = upstream();
    dns.addresses(NAME, "127.0.0.2", "127.0.0.1", "::1");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream);
      await().untilAsserted(() -> assertTargets(upstream, "127.0.0.1", "127.0.0.2", "[::1]"));
      dns.addresses(NAME, "127.0.0.3");
      await().untilAsserted(() -> assertTargets(upstream, "127.0.0.3"));
    }
  }

  private static void assertTargets(Upstream upstream, String... hosts) {
    assertThat(turns(upstream, 12).keySet())
        .containsExactlyInAnyOrderElementsOf(
            List.of(hosts).stream().map(host -> host + ":8080").toList());
  }

  @Test
  void takesPortsWeightsAndPrioritiesFromServices() {
    Upstream upstream = upstream();
    dns.addresses("a.internal", "127.0.0.1");
    dns.addresses("b.internal", "127.0.0.2");
    dns.addresses("spare.internal", "127.0.0.9");
    dns.services(
        SERVICE,
        "20 1 9009 spare.internal",
        "10 1 9001 a.internal",
        "10 3 9002 b.internal",
        "10 5 9003 gone.internal",
        "10 5 0 a.internal",
        "0 0 0 .");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(services(), upstream);
      await().until(() -> upstream.size() == 3);
      assertThat(turns(upstream, 12)).isEqualTo(Map.of("127.0.0.1:9001", 3, "127.0.0.2:9002", 9));
      // The next group is there for when the first is not.
      Target first = next(upstream, List.of());
      Target second = next(upstream, List.of(first));
      assertThat(next(upstream, List.of(first, second)).authority()).isEqualTo("127.0.0.9:9009");
    }
  }

  @Test
  void sharesAWeightAmongTheAddressesOfAHost() {
    Upstream upstream = upstream();
    dns.addresses("a.internal", "127.0.0.1", "127.0.0.2");
    dns.addresses("b.internal", "127.0.0.3");
    dns.services(SERVICE, "0 2 80 a.internal", "0 2 80 b.internal");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(services(), upstream);
      await().until(() -> upstream.size() == 3);
      assertThat(turns(upstream, 8))
          .isEqualTo(Map.of("127.0.0.1:80", 2, "127.0.0.2:80", 2, "127.0.0.3:80", 4));
    }
  }

  @Test
  void keepsWhatItKnowsWhileNobodyAnswers() {
    Upstream upstream = upstream();
    dns.addresses(NAME, "127.0.0.1", "::1");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream);
      await().until(() -> upstream.size() == 2);
      dns.be(Manner.SILENT);
      awaitRounds();
      assertThat(upstream.size()).isEqualTo(2);
      dns.be(Manner.ANSWERING);
      dns.forget(NAME); // NXDOMAIN
      awaitRounds();
      assertThat(upstream.size()).isEqualTo(2);
      dns.addresses(NAME); // neither A nor AAAA
      awaitRounds();
      assertThat(upstream.size()).isEqualTo(2);
      // One family fails: the other is gone by, and what was known of the first.
      dns.addresses(NAME, "127.0.0.2");
      dns.fail(NAME, RecordType.AAAA, ScriptedDns.SERVFAIL);
      await().untilAsserted(() -> assertThat(turns(upstream, 4)).containsKey("127.0.0.2:8080"));
    }
    dns.be(Manner.SILENT);
    Upstream later = upstream();
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), later);
      assertThat(turns(later, 4)).as("from its file").containsKey("127.0.0.2:8080");
    }
  }

  @Test
  void saysWhichNamesAreNotAnsweredFor() {
    dns.addresses(NAME, "127.0.0.1");
    dns.addresses("a.internal", "127.0.0.1");
    dns.services(SERVICE, "0 0 80 a.internal");
    Upstream upstream = upstream();
    try (DnsDiscovery discovery = discovery()) {
      assertThat(discovery.asks()).isFalse();
      discovery.follow(addresses(8080), upstream);
      discovery.follow(services(), upstream());
      assertThat(discovery.asks()).isTrue();
      await().until(() -> discovery.connected() && discovery.unanswered() == 0);
      dns.forget(NAME);
      await().until(() -> discovery.connected() && discovery.unanswered() == 1);
      dns.be(Manner.SILENT);
      await().until(() -> discovery.unanswered() == 2);
      assertThat(discovery.connected()).isFalse();
      dns.be(Manner.ANSWERING);
      await().until(() -> discovery.connected() && discovery.unanswered() == 1);
      discovery.unfollow(addresses(8080), upstream);
      await().until(() -> discovery.unanswered() == 0);
    }
  }

  @Test
  void keepsTheFamilyThatFailed() {
    Upstream upstream = upstream();
    dns.addresses(NAME, "127.0.0.1", "::1");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream);
      await().until(() -> upstream.size() == 2);
      dns.fail(NAME, RecordType.AAAA, ScriptedDns.SERVFAIL);
      awaitRounds();
      assertTargets(upstream, "127.0.0.1", "[::1]");
    }
  }

  @Test
  void asksOverTcpWhenAReplyWasCutOff() {
    Upstream upstream = upstream();
    String[] many = new String[100];
    for (int i = 0; i < many.length; i++) {
      many[i] = "127.0.1." + i;
    }
    dns.addresses(NAME, many);
    dns.be(Manner.TRUNCATING);
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream);
      await().until(() -> upstream.size() == many.length);
    }
  }

  @Test
  void goesByWhatANameStandsFor() {
    Upstream upstream = upstream();
    dns.alias(NAME, "elsewhere.internal");
    dns.addresses("elsewhere.internal", "127.0.0.7", "::1");
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream);
      await().untilAsserted(() -> assertTargets(upstream, "127.0.0.7", "[::1]"));
    }
  }

  @Test
  void tellsFailureFromAbsence() throws Exception {
    assertThat(resolver.ask(new Question("nobody.internal", RecordType.A))).isEmpty();
    dns.fail(NAME, RecordType.A, ScriptedDns.SERVFAIL);
    assertThat(silence(new Question(NAME, RecordType.A))).isFalse();
    dns.be(Manner.SILENT);
    assertThat(silence(new Question(NAME, RecordType.A))).isTrue();
  }

  private boolean silence(Question question) {
    try {
      throw new AssertionError(resolver.ask(question));
    } catch (Resolver.Unanswered e) {
      return e.silence();
    }
  }

  @Test
  void asksNothingMoreOnceThereIsSilence() {
    dns.be(Manner.SILENT);
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(addresses(8080), upstream());
      awaitRounds();
      assertThat(dns.asked()).extracting(Question::type).containsOnly(RecordType.A);
    }
  }

  @Test
  void endsAskingForWhatNobodyFollows() {
    dns.addresses(NAME, "127.0.0.1");
    Upstream upstream = upstream();
    TargetSource.Dns source = addresses(8080);
    try (DnsDiscovery discovery = discovery()) {
      discovery.follow(source, upstream);
      await().until(() -> upstream.size() == 1);
      discovery.unfollow(source, upstream);
      dns.addresses(NAME, "127.0.0.1", "127.0.0.2");
      discovery.follow(services(), upstream());
      await()
          .until(
              () -> Collections.frequency(dns.asked(), new Question(SERVICE, RecordType.SRV)) > 5);
      assertThat(upstream.size()).isEqualTo(1);
    }
  }

  private void awaitRounds() {
    int before = dns.asked().size();
    await().until(() -> dns.asked().size() > before + 6);
  }

  private DnsDiscovery discovery() {
    return new DnsDiscovery(resolver, new TargetsFile(folder.resolve("targets.json")));
  }

  private static TargetSource.Dns addresses(int port) {
    return new TargetSource.Dns(NAME, port, Duration.ofMillis(20));
  }

  private static TargetSource.Dns services() {
    return new TargetSource.Dns(SERVICE, null, Duration.ofMillis(20));
  }

  private static Target next(Upstream upstream, List<Target> failed) {
    return Objects.requireNonNull(upstream.next(Asking.ANYONE, failed, 0));
  }

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
    return new Upstream("t", UpstreamDefinition.ofService("u", "not asked for"));
  }
}
