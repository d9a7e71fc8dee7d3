package dev.aegis.gateway.proxies;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The networks of proxies that may say for whom they speak. */
public final class TrustedProxies {
  /** Nobody may. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  private final List<Network> networks;

  private static final class Network {
    private final byte[] address;
    private final int bits;

    Network(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      int whole = bits / 8;
      for (int i = 0; i < whole; i++) {
        if (address[i] != other[i]) {
          return false;
        }
      }
      int rest = 8 - bits % 8;
      return rest == 8 || (address[whole] & 0xff) >> rest == (other[whole] & 0xff) >> rest;
    }
  }

  private TrustedProxies(List<Network> networks) {
    this.networks = List.copyOf(networks);
  }

  /**
   * Reads addresses and networks ({@code 10.0.0.0/8}) separated by commas.
   *
   * @throws IllegalArgumentException saying what each must be
   */
  public static TrustedProxies parse(String text) {
    List<Network> networks = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String network = part.strip();
      if (network.isEmpty()) {
        continue;
      }
      int slash = network.indexOf('/');
      InetAddress address = Literal.parse(slash < 0 ? network : network.substring(0, slash));
      if (address == null) {
        throw wrong();
      }
      byte[] bytes = address.getAddress();
      int most = bytes.length * 8;
      int bits = slash < 0 ? most : Literal.decimal(network, slash + 1, network.length(), most);
      if (bits < 0) {
        throw wrong();
      }
      networks.add(new Network(bytes, bits));
    }
    return networks.isEmpty() ? NONE : new TrustedProxies(networks);
  }

  private static IllegalArgumentException wrong() {
    return new IllegalArgumentException(
        "must be addresses and networks such as 10.0.0.0/8 or fd00::/8, separated by commas");
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return networks.isEmpty();
  }

  /** Whether {@code address} is one of them. */
  public boolean contains(InetAddress address) {
    if (networks.isEmpty()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    for (Network network : networks) {
      if (network.contains(bytes)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Who called, by what proxies have put down in {@code X-Forwarded-For}: each appends whom it was
   * called by, so from the right, the first who is not a proxy of ours. What stands left of that
   * anybody may have written.
   *
   * @param peer who called the gateway
   * @param forwardedFor all values of the field in their order, separated by commas; null for none
   */
  public InetAddress caller(InetAddress peer, @Nullable String forwardedFor) {
    if (forwardedFor == null) {
      return peer;
    }
    InetAddress caller = peer;
    int end = forwardedFor.length();
    while (end >= 0 && contains(caller)) {
      int comma = forwardedFor.lastIndexOf(',', end - 1);
      InetAddress before = address(forwardedFor.substring(comma + 1, end).strip());
      if (before == null) {
        return caller; // who wrote that is the last one who is known
      }
      caller = before;
      end = comma;
    }
    return caller;
  }

  /** An address, perhaps with a port as some proxies put it down, or null. */
  private static @Nullable InetAddress address(String text) {
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      return close > 0 && text.indexOf(':') > 0 && portOrNothing(text, close + 1)
          ? Literal.parse(text.substring(1, close))
          : null;
    }
    int colon = text.indexOf(':');
    if (colon >= 0 && colon == text.lastIndexOf(':')) {
      return portOrNothing(text, colon) ? Literal.parse(text.substring(0, colon)) : null;
    }
    return Literal.parse(text);
  }

  private static boolean portOrNothing(String text, int from) {
    return from == text.length()
        || text.charAt(from) == ':' && Literal.decimal(text, from + 1, text.length(), 65535) >= 0;
  }
}
