package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathPatternTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/a", "/a/", "/**", "/*", "/a/*/b", "/a/*/b/**", "/a/%C3%A4", "/a.b/c~d"})
  void isAPattern(String pattern) {
    assertThat(PathPattern.violation(pattern)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "*",
        "/a/**/b",
        "/a*",
        "/a/***",
        "/a//b",
        "//",
        "/./a",
        "/a/..",
        "/a?b",
        "/a#b",
        "/a b",
        "/\u00e4",
        "/a\u007f",
        "/a/\t"
      })
  void isNone(String pattern) {
    assertThat(PathPattern.violation(pattern)).isNotNull();
  }

  @Test
  void hasABound() {
    assertThat(PathPattern.violation("/" + "a".repeat(1_023))).isNull();
    assertThat(PathPattern.violation("/" + "a".repeat(1_024))).isNotNull();
  }
}
