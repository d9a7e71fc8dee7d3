package dev.aegis.egress;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A block of IP addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3).
 *
 * <p>The two IP versions share no block; an address is compared in the version it is in.
 */
public final class Network {
  /** {@code ::ffff:0:0/96}; it has no literal, since Java reads one as the IPv4 address inside. */
  static final Network IPV4_MAPPED =
      new Network(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0}, 96);

  private final byte[] first;
  private final int prefix;

  private Network(byte[] first, int prefix) {
    this.first = first;
    this.prefix = prefix;
  }

  /**
   * Reads {@code 10.0.0.0/8} or {@code fd00::/8}; without a prefix it is one address.
   *
   * @throws IllegalArgumentException when the text is anything else, or has bits set behind the
   *     prefix
   */
  public static Network parse(String text) {
    int slash = text.indexOf('/');
    byte[] first;
    try {
      first = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("\"" + text + "\" is not a network such as 10.0.0.0/8", e);
    }
    int bits = first.length * 8;
    int prefix = bits;
    if (slash >= 0) {
      String number = text.substring(slash + 1);
      if (!number.matches("[0-9]{1,3}") || Integer.parseInt(number) > bits) {
        throw new IllegalArgumentException(
            "\"" + text + "\" needs a prefix length from 0 to " + bits);
      }
      prefix = Integer.parseInt(number);
    }
    for (int bit = prefix; bit < bits; bit++) {
      if ((first[bit / 8] & 0x80 >> bit % 8) != 0) {
        throw new IllegalArgumentException("\"" + text + "\" has bits set behind its prefix");
      }
    }
    return new Network(first, prefix);
  }

  /** Reads a comma-separated list; an empty text is an empty list. */
  public static List<Network> parseList(String text) {
    List<Network> networks = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      if (!one.isBlank()) {
        networks.add(parse(one.strip()));
      }
    }
    return List.copyOf(networks);
  }

  /** Whether {@code address} lies in the block. */
  public boolean contains(InetAddress address) {
    return contains(address.getAddress());
  }

  boolean contains(byte[] address) {
    if (first.length != address.length) {
      return false;
    }
    int whole = prefix / 8;
    for (int i = 0; i < whole; i++) {
      if (first[i] != address[i]) {
        return false;
      }
    }
    int rest = prefix % 8;
    return rest == 0 || ((first[whole] ^ address[whole]) & 0xff) >> 8 - rest == 0;
  }
}
