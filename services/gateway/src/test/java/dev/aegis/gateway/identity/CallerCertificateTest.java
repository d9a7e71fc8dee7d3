package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.tls.Authority;
import java.security.cert.X509Certificate;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whom a caller's certificate names. */
final class CallerCertificateTest {
  private static final Authority AUTHORITY = new Authority("authority");

  private static String subject(X509Certificate certificate) {
    CallerCertificate read = CallerCertificate.of(certificate);
    assertThat(read.names()).isEqualTo(!read.subject().isEmpty());
    return read.subject();
  }

  @ParameterizedTest
  @CsvSource({
    "a.test spiffe://x/y m@x.test,spiffe://x/y",
    "m@x.test a.test b.test,a.test",
    "10.0.0.1 m@x.test,m@x.test",
    "spiffe://x/1 spiffe://x/2,spiffe://x/1",
    "10.0.0.1,CN=10.0.0.1"
  })
  void namesTheFirstOfTheBestKind(String names, String subject) {
    assertThat(subject(AUTHORITY.issue(names.split(" ")).own())).isEqualTo(subject);
  }

  @Test
  void isItsDistinguishedNameWithoutOthers() {
    assertThat(subject(new Authority("plain").certificate())).isEqualTo("CN=plain");
  }

  /** It goes into a header line to the backend. */
  @Test
  void isNobodyWhereAHeaderLineCannotSayIt() {
    assertThat(subject(new Authority("Jos\u00e9").certificate())).isEmpty();
    String longest = "spiffe://x/" + "a".repeat(1024 - 11);
    assertThat(subject(AUTHORITY.issue(longest).own())).isEqualTo(longest);
    assertThat(subject(AUTHORITY.issue(longest + "a").own())).isEmpty();
  }

  @Test
  void holdsFromItsBeginningToItsEnd() {
    Instant from = Instant.parse("2026-01-01T00:00:00Z");
    Instant until = Instant.parse("2026-02-01T00:00:00Z");
    CallerCertificate read = CallerCertificate.of(AUTHORITY.issue(from, until, "a.test").own());
    assertThat(read.notBefore()).isEqualTo(from);
    assertThat(read.notAfter()).isEqualTo(until);
    assertThat(read.holdsAt(from)).isTrue();
    assertThat(read.holdsAt(until)).isTrue();
    assertThat(read.holdsAt(from.minusMillis(1))).isFalse();
    assertThat(read.holdsAt(until.plusMillis(1))).isFalse();
  }
}
