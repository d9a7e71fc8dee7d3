package dev.aegis.gateway.upstream;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.kiwiproject.consul.Consul;

/**
 * Where Consul's agent is and by what right it is asked.
 *
 * @param url of the agent's HTTP API; with {@code https} its certificate must name the host
 * @param token of Consul's access control, null for none
 * @param authorities who may vouch for the agent's certificate, empty for those that Java trusts
 */
public record ConsulAccess(String url, @Nullable String token, List<X509Certificate> authorities) {
  /**
   * Checks that they fit together.
   *
   * @throws IllegalArgumentException saying what does not, without the token or the URL
   */
  public ConsulAccess {
    authorities = List.copyOf(authorities);
    if (token != null && !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("Consul's token holds something but visible ASCII");
    }
    if (!authorities.isEmpty() && !url.startsWith("https:")) {
      throw new IllegalArgumentException(
          "a certificate authority for Consul needs an https:// URL of Consul");
    }
  }

  /** An agent that lets everybody in. */
  public static ConsulAccess open(String url) {
    return new ConsulAccess(url, null, List.of());
  }

  /** A client, not yet connected. Names and certificates are always verified. */
  Consul.Builder client() {
    Consul.Builder client = Consul.builder().withUrl(url);
    if (token != null) {
      client.withTokenAuth(token);
    }
    if (!authorities.isEmpty()) {
      X509TrustManager trust = trust(authorities);
      client.withSslContext(context(trust)).withTrustManager(trust);
    }
    return client;
  }

  /** {@code text} as it may be logged. */
  String withoutToken(@Nullable String text) {
    String known = String.valueOf(text);
    return token == null ? known : known.replace(token, "…");
  }

  private static X509TrustManager trust(List<X509Certificate> authorities) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate authority : authorities) {
        store.setCertificateEntry("authority-" + store.size(), authority);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager trust) {
          return trust;
        }
      }
      throw new IllegalStateException("Java has no trust manager for X.509");
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("A key store in memory can always be made", e);
    }
  }

  private static SSLContext context(X509TrustManager trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Java always has TLS", e);
    }
  }

  /** Says nothing of the token; the URL may hold a password. */
  @Override
  public String toString() {
    return "ConsulAccess[" + (token == null ? "no token" : "a token") + "]";
  }
}
