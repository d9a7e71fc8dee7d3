package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.routing.CompiledPath;
import dev.aegis.gateway.routing.UpstreamPath;
import dev.aegis.journal.Rewrite;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever callers ask for, a rewritten path is canonical: nothing is left to be resolved. */
final class RewrittenPathPropertyTest {
  private static final List<String> PIECES =
      List.of("/", "/", "/", "a", "api", ".", "..", ";", "%3B", "%2e", "%25", "%2B", "{1}", "~");

  /** What a route says about its path. */
  record Rule(String pattern, String strip, Rewrite rewrite) {}

  @Provide
  Arbitrary<String> targets() {
    return Arbitraries.of(PIECES).list().ofMaxSize(12).map(pieces -> "/" + String.join("", pieces));
  }

  @Provide
  Arbitrary<Rule> rules() {
    return Arbitraries.of(
        new Rule("/**", "", new Rewrite.Path("/{rest}")),
        new Rule("/**", "", new Rewrite.Path("/new/{rest}")),
        new Rule("/*/**", "", new Rewrite.Path("/{rest}")),
        new Rule("/*/**", "", new Rewrite.Path("/x/{1}/{rest}")),
        new Rule("/*/*", "", new Rewrite.Path("/{2}/{1}/")),
        new Rule("/api/*/**", "", new Rewrite.Path("/{1}/{1}/{rest}")),
        new Rule("/**", "", new Rewrite.Path("/one")),
        new Rule("/**", "", new Rewrite.Prefix("/v2")),
        new Rule("/**", "/api", new Rewrite.Prefix("/v2")),
        new Rule("/**", "/api", new Rewrite.None()));
  }

  @Property
  void nothingIsLeftToBeResolved(@ForAll("targets") String target, @ForAll("rules") Rule rule)
      throws Exception {
    String path = canonical(target);
    Assume.that(!path.isEmpty() && CompiledPath.of(rule.pattern()).matches(path));
    String strip = rule.strip().isEmpty() ? null : rule.strip();
    String rewritten = UpstreamPath.of(strip, rule.rewrite(), List.of(rule.pattern())).of(path);
    assertThat(canonical(rewritten)).isEqualTo(rewritten);
  }

  /** The canonical form, {@code ""} where there is none. */
  private static String canonical(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.ISO_8859_1);
    try {
      return CanonicalPath.of(bytes, 0, bytes.length);
    } catch (BadMessage e) {
      return "";
    }
  }
}
