package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.edge.Family.Answer;
import dev.aegis.testkit.HttpProbe;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;
import org.jspecify.annotations.Nullable;

/**
 * Whatever hosts, paths and claims a caller puts together: no backend answers for another tenant
 * than the host's, none answers that the host's tenant may not use, and nobody is let in whom it
 * does not know.
 */
class TenantsPropertyTest {
  private static final List<String> TENANTS =
      List.of("corp", "org", "team", "kid", "usr", "sib", "other");

  /** Ancestors whose tokens are let in, or all whose upstreams can be used; by hand. */
  private static final Map<String, Set<String>> WHOLLY =
      Map.of(
          "corp", Set.of("corp"),
          "org", Set.of("org", "corp"), // shared
          "team", Set.of("team"), // strict
          "kid", Set.of("kid"), // hybrid below org
          "usr", Set.of("usr", "team"), // shared below the strict team
          "sib", Set.of("sib", "corp"), // shared
          "other", Set.of("other"));

  /** The same for what says so. */
  private static final Map<String, Set<String>> DECLARED = Map.of("kid", Set.of("org", "corp"));

  private static Family family;

  @BeforeContainer
  static void start() throws Exception {
    family = new Family(TENANTS);
    family.place("corp", "enterprise", null, "strict");
    family.place("org", "organization", "corp", "shared");
    family.place("team", "team", "org", "strict");
    family.place("kid", "team", "org", "hybrid");
    family.place("usr", "user", "team", "shared");
    family.place("sib", "organization", "corp", "shared");
    family.place("other", "enterprise", null, "shared");
  }

  @AfterContainer
  static void stop() {
    family.close();
  }

  private record Asked(String id, String host, @Nullable String of, String path, String upstream) {}

  /** What stands for the role that the upstream which is asked for needs. */
  private static final String FITTING = "fitting";

  /** Null is the tenant whose host is asked. */
  private record Shown(
      @Nullable String by,
      @Nullable String named,
      List<String> roles,
      @Nullable List<String> slugs) {
    String by(Asked asked) {
      return by == null ? asked.id() : by;
    }

    String named(Asked asked) {
      return named == null ? asked.id() : named;
    }

    List<String> roles(Asked asked) {
      return roles.stream().map(role -> role.equals(FITTING) ? asked.upstream() : role).toList();
    }
  }

  @Provide
  Arbitrary<Asked> asked() {
    Arbitrary<String> tenant = Arbitraries.of(TENANTS);
    Arbitrary<String> below =
        Arbitraries.of("%s.test", "%s.own.org", "%s.test.", "%s.test:8000", "%s.TEST");
    Arbitrary<String> nobody =
        Arbitraries.of("%s", "%s.own", "x.%s.test", "%s.test.own.org", "%stest", "test", "own.org");
    Arbitrary<String> upstream = Arbitraries.of("of-", "open-");
    Arbitrary<String> form =
        Arbitraries.of(
            "/%s/%s", "//%s/%s", "/x/../%s/%s", "/%%6aw/../%s/%s", "/%s/%s/..;/x", "/./%s//%s/a");
    Arbitrary<String> prefix = Arbitraries.of("none", "jwt", "jwt", "jwt", "kept");
    return Combinators.combine(
            tenant,
            Arbitraries.oneOf(below, below, below, nobody),
            form,
            prefix,
            upstream,
            tenant.injectNull(0.6))
        .as(
            (id, host, way, first, kind, other) -> {
              String to = kind + (other == null ? id : other);
              String name = host.formatted(id);
              boolean known =
                  name.toLowerCase(Locale.ROOT).matches(id + "\\.(test\\.?(:8000)?|own\\.org)");
              return new Asked(id, name, known ? id : null, way.formatted(first, to), to);
            });
  }

  @Provide
  Arbitrary<Shown> shown() {
    Arbitrary<String> tenant = Arbitraries.of(TENANTS);
    Arbitrary<String> any =
        Combinators.combine(Arbitraries.of("of-", "open-", "open-", "!open-"), tenant)
            .as(String::concat);
    Arbitrary<List<String>> roles =
        Arbitraries.frequencyOf(Tuple.of(1, Arbitraries.just(FITTING)), Tuple.of(1, any))
            .list()
            .ofMaxSize(5);
    Arbitrary<List<String>> slugs =
        Arbitraries.of("of-org", "none", "x").list().ofMaxSize(2).injectNull(0.85);
    return Combinators.combine(
            tenant.injectNull(0.4),
            tenant.injectNull(0.5),
            Arbitraries.of(true, true, false),
            roles,
            slugs)
        .as((by, other, honest, named, some) -> new Shown(by, honest ? by : other, named, some));
  }

  @Property(tries = 1500)
  void noAnswerIsAnotherTenants(
      @ForAll("asked") Asked asked, @ForAll("shown") Shown shown, @ForAll boolean withToken)
      throws Exception {
    String by = shown.by(asked);
    String named = shown.named(asked);
    List<String> roles = shown.roles(asked);
    Answer answer;
    try (HttpProbe caller = family.gateway().connect()) {
      String token = withToken ? Family.token(by, named, "alice", roles, shown.slugs()) : null;
      answer = Family.ask(caller, asked.host(), asked.path(), token, named);
    }
    boolean known = answer.user() != null && !answer.user().isEmpty();
    Statistics.label("answer")
        .collect(answer.code() != null ? answer.code() : known ? "let in" : "served")
        .coverage(
            coverage -> {
              coverage.check("served").percentage(share -> share > 3);
              coverage.check("let in").count(count -> count > 5);
            });
    if (answer.code() != null) {
      assertThat(answer.status()).isBetween(400, 503);
      return;
    }
    String of = asked.of();
    assertThat(of).as("a host of nobody").isNotNull();
    assertThat(answer.tenant()).isEqualTo(of);
    Set<String> declared = DECLARED.getOrDefault(of, Set.of());
    boolean open = asked.upstream().startsWith("open-");
    String backend = answer.backend();
    assertThat(asked.upstream()).endsWith("-" + backend);
    assertThat(WHOLLY.get(of).contains(backend) || open && declared.contains(backend)).isTrue();
    if (!answer.user().isEmpty()) {
      assertThat(withToken).isTrue();
      assertThat(answer.userTenant()).isEqualTo(named.equals(of) ? "" : named);
      boolean says =
          roles.stream()
              .anyMatch(role -> declared.stream().anyMatch(above -> role.equals("open-" + above)));
      assertThat(WHOLLY.get(of).contains(named) || says && declared.contains(named)).isTrue();
      // Nobody is named by an issuer of a tenant below, beside, or of a stranger.
      assertThat(mayName(by, named)).isTrue();
    } else {
      assertThat(answer.userTenant()).isEmpty();
    }
  }

  /** The issuers that speak for each, by hand. */
  private static boolean mayName(String by, String named) {
    return by.equals(named)
        || switch (named) {
          case "org", "sib" -> by.equals("corp");
          case "kid" -> by.equals("org") || by.equals("corp");
          case "usr" -> by.equals("team");
          default -> false;
        };
  }
}
