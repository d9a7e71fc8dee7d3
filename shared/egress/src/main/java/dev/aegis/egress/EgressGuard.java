package dev.aegis.egress;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Decides which addresses a tenant's URL may lead to: public unicast ones, and the networks that
 * the operator allowed.
 *
 * <p>Without it a tenant could have a service call whatever the service can reach (server-side
 * request forgery). The blocks are those that the IANA special-purpose address registries (RFC
 * 6890) do not mark as globally reachable.
 */
public final class EgressGuard {
  private static final List<Network> CLOSED_IPV4 =
      networks(
          "0.0.0.0/8", // this network, RFC 791; Linux connects 0.0.0.0 to loopback
          "10.0.0.0/8", // private, RFC 1918
          "100.64.0.0/10", // carrier-grade NAT, RFC 6598
          "127.0.0.0/8", // loopback
          "169.254.0.0/16", // link-local, RFC 3927; metadata services of clouds
          "172.16.0.0/12", // private
          "192.0.0.0/24", // protocol assignments, RFC 6890
          "192.0.2.0/24", // documentation, RFC 5737
          "192.88.99.0/24", // 6to4 relays, RFC 7526
          "192.168.0.0/16", // private
          "198.18.0.0/15", // benchmarks, RFC 2544
          "198.51.100.0/24", // documentation
          "203.0.113.0/24", // documentation
          "224.0.0.0/4", // multicast, RFC 5771
          "240.0.0.0/4"); // reserved and broadcast

  /** Addresses in use for the public; everything outside is closed. */
  private static final Network GLOBAL_IPV6 = Network.parse("2000::/3");

  private static final List<Network> CLOSED_IPV6 =
      networks(
          "2001::/23", // protocol assignments: Teredo, benchmarks, ORCHID (RFC 2928)
          "2001:db8::/32", // documentation
          "2002::/16", // 6to4: carries an IPv4 address, RFC 7526
          "3fff::/20"); // documentation, RFC 9637

  private static final Network NAT64 = Network.parse("64:ff9b::/96"); // RFC 6052

  private final List<Network> allowed;

  /**
   * @param allowed networks that may be called although they are not public
   */
  public EgressGuard(List<Network> allowed) {
    this.allowed = List.copyOf(allowed);
  }

  /** Whether {@code address} may be called. */
  public boolean permits(InetAddress address) {
    return permits(address.getAddress());
  }

  /** Whether {@code address} is in one of the networks that the operator allowed. */
  public boolean allows(InetAddress address) {
    return allows(address.getAddress());
  }

  private boolean allows(byte[] address) {
    return allowed.stream().anyMatch(network -> network.contains(address));
  }

  private boolean permits(byte[] address) {
    if (allows(address)) {
      return true;
    }
    if (address.length == 4) {
      return CLOSED_IPV4.stream().noneMatch(network -> network.contains(address));
    }
    if (Network.IPV4_MAPPED.contains(address) || NAT64.contains(address)) {
      return permits(Arrays.copyOfRange(address, 12, 16));
    }
    return GLOBAL_IPV6.contains(address)
        && CLOSED_IPV6.stream().noneMatch(network -> network.contains(address));
  }

  private static List<Network> networks(String... texts) {
    return Stream.of(texts).map(Network::parse).toList();
  }
}
