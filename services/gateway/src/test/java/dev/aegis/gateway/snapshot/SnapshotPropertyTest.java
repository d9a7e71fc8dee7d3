package dev.aegis.gateway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.tls.Authority;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that follows from the one before says the same as one that is made of the whole fold:
 * whose host is whose, what is shown for it, what is inherited, and what was found.
 */
class SnapshotPropertyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.now();
  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());
  private static final List<String> TENANTS = List.of("a", "b", "c", "d");

  /** Hosts that tenants fight for, among them those of others below the base domain. */
  private static final List<String> HOSTS =
      List.of("shop.org", "pay.org", "x.wild.org", "a.test", "c.test", "z.test");

  private static final List<KeyedChain> CHAINS = chains();

  /** What becomes of one object; whether it is compiled at once, or together with the next. */
  private record Deed(ObjectKey key, @Nullable ObjectNode definition, boolean atOnce) {}

  private static List<KeyedChain> chains() {
    Authority authority = new Authority("property");
    return Stream.of(1, 2, 3)
        .map(
            days ->
                authority.issue(
                    NOW.minus(Duration.ofDays(1)),
                    NOW.plus(Duration.ofDays(days)),
                    "shop.org",
                    "*.wild.org",
                    "a.test",
                    "nobody.org"))
        .toList();
  }

  @Provide
  Arbitrary<List<Deed>> deeds() {
    Arbitrary<ObjectNode> hosts =
        Arbitraries.of(HOSTS)
            .set()
            .ofMaxSize(3)
            .map(some -> object(Map.of("name", "n", "hosts", List.copyOf(some))));
    Arbitrary<ObjectNode> placed =
        Combinators.combine(Arbitraries.of(TENANTS), Arbitraries.of("strict", "shared", "hybrid"))
            .as(
                (parent, isolation) ->
                    object(Map.of("name", "n", "parent", parent, "isolation", isolation)));
    Arbitrary<ObjectNode> suspended =
        Arbitraries.just(object(Map.of("name", "n", "status", "suspended")));
    Arbitrary<ObjectNode> broken = Arbitraries.just(object(Map.of("name", 7)));
    Arbitrary<ObjectNode> tenant =
        Arbitraries.frequencyOf(
            Tuple.of(6, hosts), Tuple.of(4, placed), Tuple.of(1, suspended), Tuple.of(1, broken));
    Arbitrary<Deed> tenants =
        Combinators.combine(
                Arbitraries.of(TENANTS), tenant.injectNull(0.2), Arbitraries.of(true, false))
            .as((id, body, atOnce) -> deed(ObjectKey.tenant(id), body, atOnce));
    Arbitrary<Deed> certificates =
        Combinators.combine(
                Arbitraries.of(TENANTS),
                Arbitraries.of("x", "y"),
                Arbitraries.of(CHAINS).injectNull(0.3),
                Arbitraries.of("shop.org", "*.wild.org", "a.test", "nobody.org").set().ofSize(2),
                Arbitraries.of(true, false))
            .as(SnapshotPropertyTest::certificate);
    Arbitrary<Deed> routes =
        Combinators.combine(Arbitraries.of(TENANTS), Arbitraries.of(true, false))
            .as(
                (id, atOnce) ->
                    deed(
                        ObjectKey.parse("tenants/" + id + "/routes/r"),
                        object(Map.of("paths", List.of("/**"), "upstream", "u")),
                        atOnce));
    Arbitrary<Deed> handedDown =
        Combinators.combine(
                Arbitraries.of(TENANTS),
                Arbitraries.of("roles", "issuers", "plugins", "upstreams"),
                Arbitraries.of(true, false),
                Arbitraries.of(true, false))
            .as(
                (id, kind, declared, atOnce) ->
                    deed(
                        ObjectKey.parse("tenants/" + id + "/" + kind + "/u"),
                        object(inheritable(kind, declared)),
                        atOnce));
    return Arbitraries.frequencyOf(
            Tuple.of(4, tenants),
            Tuple.of(2, certificates),
            Tuple.of(1, routes),
            Tuple.of(2, handedDown))
        .list()
        .ofMinSize(1)
        .ofMaxSize(30);
  }

  private static Map<String, ?> inheritable(String kind, boolean declared) {
    return switch (kind) {
      case "roles" -> Map.of("permissions", List.of(), "descendants", declared);
      case "upstreams" ->
          Map.of("targets", List.of(Map.of("url", "http://127.0.0.1:1")), "descendants", declared);
      case "plugins" ->
          Map.of("plugin", "rate_limit", "config", Map.of("limit", 1, "window_seconds", 1));
      default ->
          Map.of(
              "issuer",
              "i",
              "algorithms",
              List.of("HS256"),
              "secret",
              Map.of("key_id", "other", "ciphertext", "AAAA"));
    };
  }

  @Property(tries = 300)
  void changesOneByOneMakeWhatTheWholeMakes(@ForAll("deeds") List<Deed> deeds) {
    Fold fold = new Fold();
    try (Upstreams upstreams = new Upstreams(null)) {
      Compiler compiler = compiler(upstreams);
      Snapshot snapshot = Snapshot.empty("test", NOW);
      Set<ObjectKey> changed = new HashSet<>();
      for (Deed deed : deeds) {
        ObjectKey key = deed.key();
        // The last good plan of such a tenant stays, and nothing but its past says which it is.
        if (isBroken(deed) && snapshot.tenants().containsKey(key.id())) {
          continue;
        }
        fold.apply(
            fold.revision() + 1, new Change(key, deed.definition(), Change.ANY, "test", NOW));
        changed.add(key);
        if (deed.atOnce()) {
          snapshot = compiler.compile(fold, changed, false);
          changed.clear();
          check(snapshot, fold);
        }
      }
      check(compiler.compile(fold, changed, false), fold);
    }
  }

  private static void check(Snapshot snapshot, Fold fold) {
    try (Upstreams upstreams = new Upstreams(null)) {
      Snapshot whole = compiler(upstreams).compile(fold, Set.of(), true);
      assertThat(snapshot.revision()).isEqualTo(whole.revision());
      assertThat(snapshot.tenants().keySet()).isEqualTo(whole.tenants().keySet());
      Stream<String> below = TENANTS.stream().map(id -> id + ".test");
      Stream<String> hosts = Stream.of("nobody.org", "y.wild.org");
      for (String host : Stream.of(HOSTS.stream(), below, hosts).flatMap(each -> each).toList()) {
        assertThat(holder(snapshot, host)).as(host).isEqualTo(holder(whole, host));
        assertThat(snapshot.certificate(host)).as(host).isEqualTo(whole.certificate(host));
      }
      for (TenantPlan plan : snapshot.tenants().values()) {
        TenantPlan same = Objects.requireNonNull(whole.tenants().get(plan.id()));
        assertThat(plan.identity().basis()).isEqualTo(same.identity().basis());
        assertThat(plan.identity().letIn()).isEqualTo(same.identity().letIn());
        assertThat(routed(plan)).isEqualTo(routed(same));
      }
      assertThat(snapshot.findings(NOW)).containsExactlyInAnyOrderElementsOf(whole.findings(NOW));
    }
  }

  /** Whether its requests find an upstream, and how many limits count them. */
  private static @Nullable String routed(TenantPlan plan) {
    RoutePlan route = plan.routes().find("a.test", "GET", "/", name -> null);
    return route == null || route.only() == null
        ? null
        : (route.only().upstream() != null) + " " + route.limits().size();
  }

  private static @Nullable String holder(Snapshot snapshot, String host) {
    TenantPlan holder = snapshot.tenant(host);
    return holder == null ? null : holder.id();
  }

  private static Compiler compiler(Upstreams upstreams) {
    return new Compiler("test", upstreams, MASTER_KEY, InstantSource.fixed(NOW));
  }

  private static boolean isBroken(Deed deed) {
    ObjectNode definition = deed.definition();
    return definition != null
        && (definition.path("name").isNumber()
            || definition.path("parent").asText().equals(deed.key().id()));
  }

  private static Deed certificate(
      String tenant, String id, @Nullable KeyedChain chain, Set<String> hosts, boolean atOnce) {
    ObjectKey key = ObjectKey.parse("tenants/" + tenant + "/certificates/" + id);
    return deed(
        key,
        chain == null
            ? null
            : object(
                Map.of(
                    "hosts",
                    List.copyOf(hosts),
                    "certificate",
                    Pem.text(chain.own()),
                    "private_key",
                    MASTER_KEY.seal(key, Pem.text(chain.key())).toJson())),
        atOnce);
  }

  private static Deed deed(ObjectKey key, @Nullable ObjectNode definition, boolean atOnce) {
    return new Deed(
        key, definition == null ? null : definition.deepCopy().put("id", key.id()), atOnce);
  }

  private static ObjectNode object(Map<String, ?> members) {
    return JSON.convertValue(members, ObjectNode.class);
  }
}
