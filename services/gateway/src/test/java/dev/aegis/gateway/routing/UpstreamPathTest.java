package dev.aegis.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.Rewrite;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a path. */
final class UpstreamPathTest {
  @ParameterizedTest
  @CsvSource({
    "/old/**,/new/{rest},/old,/new",
    "/old/**,/new/{rest},/old/,/new/",
    "/old/**,/new/{rest},/old/a/b/,/new/a/b/",
    "/**,/new/{rest},/,/new/",
    "/**,/new/{rest},/a,/new/a",
    "/**,/{rest},/a/b,/a/b",
    "/old/**,/{rest},/old,/",
    "/old/**,/{rest},/old/a,/a",
    "/old/**,/one,/old/a,/one",
    "/*/orders/*,/orders/{2}/of/{1},/eu/orders/7,/orders/7/of/eu",
    "/*/orders/*,/{2},/eu/orders/%2B,/%2B",
    "/*/x/**,/y/{1}/{rest},/a/x/b/c,/y/a/b/c",
    "/a/*,/{1}/,/a/b,/b/"
  })
  void putsAnotherPathInItsPlace(String pattern, String template, String path, String becomes) {
    UpstreamPath compiled = UpstreamPath.of(null, new Rewrite.Path(template), List.of(pattern));
    assertThat(compiled.of(path)).isEqualTo(becomes);
  }

  @ParameterizedTest
  @CsvSource({"/a/1,/x/1", "/b/2/c,/x/2", "/b/c/c,/x/c"})
  void takesThePartsFromThePatternThatMatched(String path, String becomes) {
    UpstreamPath compiled =
        UpstreamPath.of(
            null, new Rewrite.Path("/x/{1}"), List.of("/*/*/c", "/b/*/c", "/a/*", "/b/*/**"));
    assertThat(compiled.of(path)).isEqualTo(becomes);
  }

  @ParameterizedTest
  @CsvSource({
    "/api,/api/a,/v2/a",
    "/api,/api,/v2",
    "/api,/api/,/v2/",
    "/api,/apis,/v2/apis",
    ",/,/v2/",
    ",/a,/v2/a"
  })
  void putsAPrefixInFront(String strip, String path, String becomes) {
    UpstreamPath compiled = UpstreamPath.of(strip, new Rewrite.Prefix("/v2"), List.of("/**"));
    assertThat(compiled.of(path)).isEqualTo(becomes);
  }
}
