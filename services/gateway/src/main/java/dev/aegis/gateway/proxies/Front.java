package dev.aegis.gateway.proxies;

import java.io.IOException;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What stands in front of the gateway.
 *
 * @param announces whether each connection begins with a header of the PROXY protocol
 * @param trusted the proxies that are believed
 */
public record Front(boolean announces, TrustedProxies trusted) {
  /** Callers connect themselves. */
  public static final Front NONE = new Front(false, TrustedProxies.NONE);

  /**
   * Reads what stands before the first byte of a connection, if anything has to.
   *
   * @return who the connection is from
   * @throws IOException when the peer is not one of the proxies, does not say it as it must, or the
   *     connection breaks
   */
  public InetAddress from(InetAddress peer, ProxyHeader.Source bytes) throws IOException {
    if (!announces) {
      return peer;
    }
    if (!trusted.contains(peer)) {
      throw new BadProxyHeader("from a peer that is not trusted");
    }
    InetAddress announced = ProxyHeader.read(bytes);
    return announced == null ? peer : announced;
  }

  /**
   * Whether a request came by HTTPS to the proxy that passes it on.
   *
   * @param otherwise what holds when nobody who is believed says anything
   * @param forwardedProto all values of {@code X-Forwarded-Proto}; null for none
   */
  public boolean secure(InetAddress peer, boolean otherwise, @Nullable String forwardedProto) {
    if (forwardedProto == null || !trusted.contains(peer)) {
      return otherwise;
    }
    return forwardedProto.equalsIgnoreCase("https")
        || otherwise && !forwardedProto.equalsIgnoreCase("http");
  }
}
