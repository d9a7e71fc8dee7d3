package dev.aegis.gateway.proxies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of the PROXY protocol, right ones and all others. */
final class ProxyHeaderTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The address, or "none"; what stands behind the header must be left. */
  private static String read(byte[] header) throws IOException {
    byte[] all = Arrays.copyOf(header, header.length + 3);
    ByteArrayInputStream in = new ByteArrayInputStream(all);
    InetAddress address = ProxyHeader.read(in::read);
    assertThat(in.available()).as("left").isEqualTo(3);
    return address == null ? "none" : address.getHostAddress();
  }

  @ParameterizedTest
  @CsvSource({
    "PROXY TCP4 198.51.100.1 203.0.113.1 56324 443, 198.51.100.1",
    "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535, 255.255.255.255",
    "PROXY TCP4 198.51.100.1 203.0.113.1 0 0, 198.51.100.1",
    "PROXY TCP6 2001:db8::9 2001:db8::1 56324 443, 2001:db8:0:0:0:0:0:9",
    "PROXY UNKNOWN, none",
    "PROXY UNKNOWN ffff:f:f whatever follows, none",
  })
  void lines(String line, String address) throws Exception {
    assertThat(read(ascii(line + "\r\n"))).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY",
        "PROXY ",
        "PROXY  TCP4 198.51.100.1 203.0.113.1 1 2",
        "PROXY tcp4 198.51.100.1 203.0.113.1 1 2",
        "proxy TCP4 198.51.100.1 203.0.113.1 1 2",
        "PROXY TCP4 198.51.100.1 203.0.113.1 1",
        "PROXY TCP4 198.51.100.1 203.0.113.1 1 2 ",
        "PROXY TCP4 198.51.100.1 203.0.113.1 1 2 3",
        "PROXY TCP4 198.51.100.1 203.0.113.1 1 65536",
        "PROXY TCP4 198.51.100.1 203.0.113.1 01 2",
        "PROXY TCP4 198.51.100.1 203.0.113.1 -1 2",
        "PROXY TCP4 198.51.100.1 example.com 1 2",
        "PROXY TCP4 198.51.100.01 203.0.113.1 1 2",
        "PROXY TCP4 2001:db8::9 2001:db8::1 1 2",
        "PROXY TCP6 198.51.100.1 203.0.113.1 1 2",
        "PROXY TCP6 fe80::1%1 fe80::2 1 2",
        "PROXY UDP4 198.51.100.1 203.0.113.1 1 2",
        "PROXY UNKNOWNTCP4 198.51.100.1 203.0.113.1 1 2",
        "PROXY TCP4 198.51.100.1 203.0.113.1 1 2\n",
        "GET / HTTP/1.1",
        "\r\nPROXY UNKNOWN"
      })
  void otherLines(String line) {
    assertThatThrownBy(() -> read(ascii(line + "\r\n"))).isInstanceOf(BadProxyHeader.class);
  }

  @Test
  void theLongestLine() throws Exception {
    String most = "f".repeat(4) + ":ffff".repeat(7);
    String line = "PROXY TCP6 " + most + " " + most + " 65535 65535\r\n";
    assertThat(read(ascii(line))).isEqualTo(most);
    String unknown = "PROXY UNKNOWN " + most + " " + most + " 65535 65535\r\n";
    assertThat(unknown).hasSize(107);
    assertThat(read(ascii(unknown))).isEqualTo("none");
    assertThatThrownBy(() -> read(ascii(unknown.replace(" UNKNOWN", " UNKNOWN "))))
        .isInstanceOf(BadProxyHeader.class);
    assertThatThrownBy(() -> read(ascii("PROXY UNKNOWN\n"))).isInstanceOf(BadProxyHeader.class);
  }

  private static byte[] binary(String hex) {
    return HexFormat.of().parseHex((SIGNATURE + hex).replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource({
    // PROXY over TCP
    "21 11 000c c6336401 cb007101 dc04 01bb, 198.51.100.1",
    "21 21 0024 20010db8000000000000000000000009 20010db8000000000000000000000001 dc04 01bb,"
        + " 2001:db8:0:0:0:0:0:9",
    "21 21 0024 00000000000000000000ffffc6336401 20010db8000000000000000000000001 dc04 01bb,"
        + " 198.51.100.1",
    // fields behind the addresses: ALPN, and one that nobody knows
    "21 11 0012 c6336401 cb007101 dc04 01bb 01 0000 ea 0000, 198.51.100.1",
    "21 11 0013 c6336401 cb007101 dc04 01bb 01 0004 68322d31, 198.51.100.1",
    // for itself, or for nobody it can name
    "20 00 0000, none",
    "20 11 000c c6336401 cb007101 dc04 01bb, none",
    "20 ff 0003 010203, none",
    "21 00 0000, none",
    "21 00 0003 ea 0000, none",
  })
  void binaries(String hex, String address) throws Exception {
    assertThat(read(binary(hex))).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "11 11 000c c6336401 cb007101 dc04 01bb", // version 1
        "22 11 000c c6336401 cb007101 dc04 01bb", // an unknown command
        "21 12 000c c6336401 cb007101 dc04 01bb", // UDP
        "21 13 000c c6336401 cb007101 dc04 01bb",
        "21 41 000c c6336401 cb007101 dc04 01bb",
        "21 01 0000",
        "21 11 000b c6336401 cb007101 dc04 01", // shorter than the addresses
        "21 21 000c c6336401 cb007101 dc04 01bb",
        "21 31 000c c6336401 cb007101 dc04 01bb",
        "21 11 000d c6336401 cb007101 dc04 01bb 01", // a field that is cut off
        "21 11 000f c6336401 cb007101 dc04 01bb 01 0001",
        "21 11 0013 c6336401 cb007101 dc04 01bb 03 0004 00000000", // checksums
        "21 11 0011 c6336401 cb007101 dc04 01bb 03 0002 0000",
        "21 11 1001", // longer than 4096
        "20 00 ffff"
      })
  void otherBinaries(String hex) {
    assertThatThrownBy(() -> read(binary(hex))).isInstanceOf(BadProxyHeader.class);
  }

  private static byte[] summed(int times) {
    byte[] header =
        binary(
            "21 11 00"
                + HexFormat.of().toHexDigits((byte) (12 + 7 * times))
                + "c6336401 cb007101 dc04 01bb"
                + "03 0004 00000000".repeat(times));
    CRC32C sum = new CRC32C();
    sum.update(header);
    byte[] crc = HexFormat.of().parseHex(HexFormat.of().toHexDigits((int) sum.getValue()));
    System.arraycopy(crc, 0, header, header.length - 4, 4);
    return header;
  }

  @Test
  void theChecksumHolds() throws Exception {
    byte[] header = summed(1);
    assertThat(read(header)).isEqualTo("198.51.100.1");
    int type = header.length - 7; // with another one it is no checksum
    for (int at = 0; at < header.length; at++) {
      byte[] changed = header.clone();
      if (at == type) {
        continue;
      }
      changed[at] ^= 0x40;
      assertThatThrownBy(() -> ProxyHeader.read(new ByteArrayInputStream(changed)::read))
          .isInstanceOf(BadProxyHeader.class);
    }
    assertThatThrownBy(() -> read(summed(2))).isInstanceOf(BadProxyHeader.class);
  }

  @Test
  void oneThatIsCutOffIsNone() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(ascii("PROXY TCP4 198.51.100.1 203.0.113.1 56324 443\r\n"));
    for (byte[] header : new byte[][] {all.toByteArray(), summed(1)}) {
      for (int length = 0; length < header.length; length++) {
        byte[] part = Arrays.copyOf(header, length);
        assertThatThrownBy(() -> ProxyHeader.read(new ByteArrayInputStream(part)::read))
            .isInstanceOf(BadProxyHeader.class);
      }
    }
  }

  /** Whatever comes, there is an address, or none, or it is refused, within the bound. */
  @Test
  void anyBytesDoNoHarm() throws Exception {
    Random random = new Random(11);
    for (int round = 0; round < 50_000; round++) {
      byte[] header =
          random.nextBoolean()
              ? Arrays.copyOf(summed(1), 6000)
              : Arrays.copyOf(ascii("PROXY TCP4 198.51.100.1 203.0.113.1 56324 443\r\n"), 6000);
      for (int i = random.nextInt(4); i >= 0; i--) {
        header[random.nextInt(60)] = (byte) random.nextInt();
      }
      ByteArrayInputStream in = new ByteArrayInputStream(header);
      try {
        ProxyHeader.read(in::read);
      } catch (BadProxyHeader e) {
        assertThat(e.getMessage()).startsWith("PROXY protocol: ");
      }
      assertThat(in.available()).isGreaterThanOrEqualTo(6000 - 16 - 4096);
    }
  }
}
