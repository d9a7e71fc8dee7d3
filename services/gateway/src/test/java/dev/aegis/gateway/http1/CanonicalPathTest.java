package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One path has one spelling: RFC 3986 section 6.2.2, and what gateways were bypassed with. */
final class CanonicalPathTest {
  /** As of RFC 3986 section 5.2.4 and 6.2.2, with empty segments merged. */
  @ParameterizedTest
  @CsvSource({
    "'',/",
    "/,/",
    "/a,/a",
    "/a/,/a/",
    "//,/",
    "///a///b//,/a/b/",
    "/.,/",
    "/./,/",
    "/a/.,/a/",
    "/a/..,/",
    "/a/../,/",
    "/a/b/..,/a/",
    "/a/b/../,/a/",
    "/a/b/../../c,/c",
    "/a//../b,/b",
    "/a/./b/.//c,/a/b/c",
    "/a/...,/a/...",
    "/a/.b,/a/.b",
    "/a/..b,/a/..b",
    "/a/b..,/a/b..",
    "/%61,/a",
    "/%41%7E%2d%5F%30,/A~-_0",
    "/a%2fb%,!",
    "/public/%2e%2e/admin,/admin",
    "/public/%2E%2e/admin,/admin",
    "/public/.%2e/admin,/admin",
    "/public/%2e./admin,/admin",
    "/public/%2e/admin,/public/admin",
    "/public//admin,/public/admin",
    "/public/x/..//../admin,/admin",
    "/%2561,/%2561",
    "/%252e%252e/a,/%252e%252e/a",
    "/%c3%A9,/%C3%A9",
    "/%3f%23%3B,/%3F%23%3B",
    "/a%20b,/a%20b",
    "/a;b/../c,/c",
    "/a;../b,/a;../b"
  })
  void has(String path, String canonical) throws BadMessage {
    if (canonical.equals("!")) {
      assertThatThrownBy(() -> of(path)).isInstanceOf(BadMessage.class);
    } else {
      assertThat(of(path)).isEqualTo(canonical);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/../",
        "/../admin",
        "/a/../..",
        "/a/../../admin",
        "/%2e%2e/admin",
        "/a/%2e%2e/%2e%2e/admin",
        "/./../admin",
        "//../admin",
        "/public/..;/admin",
        "/public/..;a=b/admin",
        "/public/.;/admin",
        "/public/%2e%2e;/admin",
        "/public/..%3b/admin",
        "/public/..%3B/admin",
        "/public/%2e%2e%3b/admin",
        "/public/.%3b/admin",
        "/public\\admin",
        "/public/..\\admin",
        "\\admin",
        "/public%5cadmin",
        "/public%5Cadmin",
        "/public%2fadmin",
        "/public%2Fadmin",
        "/public/..%2fadmin",
        "/public/%2e%2e%2fadmin",
        "/a%00",
        "/a%00.html",
        "/a%0d%0aX:y",
        "/a%09",
        "/a%1f",
        "/a%7f",
        "/a%",
        "/a%2",
        "/a%g0",
        "/a%0g",
        "/a%%20",
        "/a%u002e",
        "/a%-1"
      })
  void refuses(String path) {
    assertThatThrownBy(() -> of(path))
        .isInstanceOfSatisfying(
            BadMessage.class, e -> assertThat(e.kind()).isEqualTo(BadMessage.Kind.MALFORMED));
  }

  @Property(tries = 5000)
  void isItsOwnCanonicalForm(@ForAll("paths") String path) {
    String once;
    try {
      once = of(path);
    } catch (BadMessage e) {
      return;
    }
    assertThat(once).startsWith("/").doesNotContain("//", "/./", "/../");
    assertThat(once).doesNotEndWith("/..").doesNotEndWith("/.");
    try {
      assertThat(of(once)).isEqualTo(once);
    } catch (BadMessage e) {
      throw new AssertionError("refuses what it made: " + once, e);
    }
  }

  /** However its letters are encoded, it is the same path, or the same refusal. */
  @Property(tries = 3000)
  void isBlindToEncodedLetters(@ForAll("paths") String path, @ForAll long choice) {
    StringBuilder encoded = new StringBuilder();
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      boolean behindPercent =
          i > 0 && path.charAt(i - 1) == '%' || i > 1 && path.charAt(i - 2) == '%';
      boolean may = (c >= 'a' && c <= 'z' || c == '.') && !behindPercent;
      encoded.append(
          may && (choice >>> i % 64 & 1) == 1 ? "%" + Integer.toHexString(c) : String.valueOf(c));
    }
    assertThat(outcome(encoded.toString())).isEqualTo(outcome(path));
  }

  private static String outcome(String path) {
    try {
      return of(path);
    } catch (BadMessage e) {
      return "refused";
    }
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/", "/", "/", ".", ".", "..", "a", "b", "%2e", "%2E", "%61", "%25", "%2f", "%5c", "\\",
            ";", "%3b", "%c3%a9", "%20", "%", "~", ":", "@", "=", "%00", "%80")
        .list()
        .ofMaxSize(14)
        .map(parts -> "/" + String.join("", parts));
  }

  private static String of(String path) throws BadMessage {
    byte[] bytes = Pieces.latin1("??" + path + "??");
    return CanonicalPath.of(bytes, 2, 2 + path.length());
  }
}
