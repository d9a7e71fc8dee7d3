package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of regular expressions that is taken means what it means there. */
class SlugPatternTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      nullValues = "-",
      value = {
        "^/api/v1/([^/]+)/ /api/v1/shop/x shop",
        "^/api/v1/([^/]+)/ /api/v1/shop/ shop",
        "^/api/v1/([^/]+)/ /api/v1/shop -",
        "^/api/v1/([^/]+)/ /api/v1// -",
        "^/api/v1/([^/]+)/ /api/v2/shop/ -",
        "^/api/v1/([^/]+)/ /x/api/v1/shop/ -",
        "^/([^/]+) /shop shop",
        "^/([^/]+) /shop/x shop",
        "^/([^/]+) / -",
        "^/([^/]+)$ /shop shop",
        "^/([^/]+)$ /shop/ -",
        "^/a/([^/]+)/b$ /a/s/b s",
        "^/a/([^/]+)/b$ /a/s/b/ -",
        "^/a/([^/]+)/b /a/s/bc s",
        "^/v1\\.0/([^/]+)/ /v1.0/s/ s",
        "^/v1\\.0/([^/]+)/ /v1x0/s/ -",
        "^/a\\$/([^/]+)/ /a$/s/ s"
      })
  void findsTheSlug(String pattern, String path, String slug) {
    assertThat(SlugPattern.parse(pattern).find(path)).isEqualTo(slug);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "^",
        "/api/([^/]+)/",
        "^api/([^/]+)/",
        "^/api/",
        "^/api/.*/([^/]+)/",
        "^/api/([^/]*)/",
        "^/api/([^/]+)/([^/]+)/",
        "^/api([^/]+)/",
        "^/api/([^/]+)x",
        "^/(a|b)/([^/]+)/",
        "^/a b/([^/]+)/",
        "^/ä/([^/]+)/",
        "^/\\d/([^/]+)/",
        "^/a\\/([^/]+)/\\",
        "^/(a+)+/([^/]+)/"
      })
  void takesNoMore(String pattern) {
    assertThatThrownBy(() -> SlugPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("must be ^, literal text");
    assertThatThrownBy(() -> SlugPattern.parse("^/" + "x".repeat(300) + "/([^/]+)/"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("/", "a", ".", "\\.", "([^/]+)", "$", "^", "+", "\\$")
        .list()
        .ofMaxSize(8)
        .map(parts -> "^/" + String.join("", parts));
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of("/", "a", ".", "$", "b")
        .list()
        .ofMaxSize(8)
        .map(p -> "/" + String.join("", p));
  }

  @Property
  void whatIsTakenMeansWhatTheExpressionMeans(
      @ForAll("texts") String text, @ForAll("paths") String path) {
    SlugPattern pattern;
    try {
      pattern = SlugPattern.parse(text);
    } catch (IllegalArgumentException e) {
      return; // it is not taken
    }
    Matcher matcher = Pattern.compile(text).matcher(path);
    assertThat(pattern.find(path)).isEqualTo(matcher.find() ? matcher.group(1) : null);
  }
}
