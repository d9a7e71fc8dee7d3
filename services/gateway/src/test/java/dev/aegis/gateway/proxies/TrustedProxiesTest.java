package dev.aegis.gateway.proxies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is believed, and what. */
final class TrustedProxiesTest {
  private static final TrustedProxies OURS =
      TrustedProxies.parse("10.0.0.0/8, 192.0.2.7,fd00::/8 ,2001:db8::1");

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0, true",
    "10.255.255.255, true",
    "11.0.0.0, false",
    "9.255.255.255, false",
    "192.0.2.7, true",
    "192.0.2.6, false",
    "fdff::1, true",
    "fe00::1, false",
    "2001:db8::1, true",
    "2001:db8::2, false",
    "::ffff:10.1.2.3, true",
    "::ffff:11.1.2.3, false",
    "::10.1.2.3, false",
  })
  void networksHaveEdges(String address, boolean trusted) {
    assertThat(OURS.contains(InetAddress.ofLiteral(address))).isEqualTo(trusted);
    assertThat(TrustedProxies.NONE.contains(InetAddress.ofLiteral(address))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, ::1, false",
    "::/0, ::1, true",
    "10.128.0.0/9, 10.128.0.0, true",
    "10.128.0.0/9, 10.127.255.255, false",
    "10.0.0.4/31, 10.0.0.5, true",
    "10.0.0.4/31, 10.0.0.6, false",
    "fd00::/127, fd00::1, true",
    "fd00::/127, fd00::2, false",
  })
  void prefixesOfAnyLength(String network, String address, boolean trusted) {
    assertThat(TrustedProxies.parse(network).contains(InetAddress.ofLiteral(address)))
        .isEqualTo(trusted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8",
        "010.0.0.1", "256.0.0.1", "1.2.3.4.5", "localhost", "fd00::/129", "fe80::1%eth0", "1 2",
        "::g", ":::", "*"
      })
  void anythingElseIsAMistake(String text) {
    assertThatThrownBy(() -> TrustedProxies.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        // peer | X-Forwarded-For | the caller
        "203.0.113.9 | 198.51.100.1 | 203.0.113.9",
        "10.0.0.1 | none | 10.0.0.1",
        "10.0.0.1 | '' | 10.0.0.1",
        "10.0.0.1 | 198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | 1.1.1.1, 198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | 1.1.1.1 , 198.51.100.1 , 10.0.0.2 | 198.51.100.1",
        "10.0.0.1 | 10.0.0.3, 10.0.0.2 | 10.0.0.3",
        "10.0.0.1 | spoofed, 198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | 198.51.100.1, garbage | 10.0.0.1",
        "10.0.0.1 | 198.51.100.1, garbage, 10.0.0.2 | 10.0.0.2",
        "10.0.0.1 | 198.51.100.1, | 10.0.0.1",
        "10.0.0.1 | unknown | 10.0.0.1",
        "10.0.0.1 | 198.51.100.1:4711 | 198.51.100.1",
        "10.0.0.1 | 198.51.100.1:99999 | 10.0.0.1",
        "10.0.0.1 | [2001:db8::9]:4711 | 2001:db8:0:0:0:0:0:9",
        "10.0.0.1 | [2001:db8::9] | 2001:db8:0:0:0:0:0:9",
        "10.0.0.1 | 2001:db8::9 | 2001:db8:0:0:0:0:0:9",
        "10.0.0.1 | [198.51.100.1] | 10.0.0.1",
        "10.0.0.1 | [2001:db8::9]x | 10.0.0.1",
        "10.0.0.1 | ::ffff:198.51.100.1 | 198.51.100.1",
        "fd00::1 | 198.51.100.1 | 198.51.100.1",
      })
  void theRightmostThatIsNoProxyOfOursCalled(String peer, String forwardedFor, String caller) {
    assertThat(OURS.caller(InetAddress.ofLiteral(peer), forwardedFor).getHostAddress())
        .isEqualTo(caller);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "10.0.0.1, false, https, true",
        "10.0.0.1, false, HTTPS, true",
        "10.0.0.1, true, http, false",
        "10.0.0.1, true, none, true",
        "10.0.0.1, false, none, false",
        "10.0.0.1, false, 'https,http', false",
        "10.0.0.1, true, 'http,https', true",
        "10.0.0.1, true, ftp, true",
        "203.0.113.9, false, https, false",
        "203.0.113.9, true, http, true",
      })
  void whetherItWasHttpsSaysOneWordOfAProxy(
      String peer, boolean otherwise, String said, boolean secure) {
    assertThat(new Front(false, OURS).secure(InetAddress.ofLiteral(peer), otherwise, said))
        .isEqualTo(secure);
  }
}
