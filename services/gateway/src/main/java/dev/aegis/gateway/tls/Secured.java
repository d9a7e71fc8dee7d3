package dev.aegis.gateway.tls;

import dev.aegis.gateway.proxies.Front;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/** What lies below the TLS of one caller's connection, and what its handshake asked for. */
public final class Secured {
  private final Socket plain;
  private volatile InetAddress from;

  // Weak, because a handshake that came to nothing is kept for a while, and this is the large part.
  private volatile WeakReference<SSLSocket> tls = new WeakReference<>(null);
  private volatile List<X509Certificate> authorities = List.of();
  private volatile @Nullable String serverName;

  Secured(Socket plain) {
    this.plain = plain;
    this.from = plain.getInetAddress();
  }

  /** Hears whom a proxy speaks for, before the handshake. */
  void introduce(Front front, InputStream in) throws IOException {
    from = front.from(from, in::read);
  }

  /** Who the connection is from. */
  public InetAddress from() {
    return from;
  }

  /** The handshake begins; what the caller shows must be signed by one of these, if any. */
  void over(SSLSocket socket, List<X509Certificate> whoSigns) {
    tls = new WeakReference<>(socket);
    authorities = whoSigns;
  }

  /** By whom a certificate of the caller had to be signed; empty when it was asked for none. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /** What the caller has shown and TLS has verified, null for nothing. */
  public @Nullable X509Certificate shown() {
    SSLSocket socket = tls.get();
    if (socket == null || authorities.isEmpty()) {
      return null;
    }
    try {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException e) {
      return null; // it was asked and showed none
    }
  }

  /** The host that the caller asked for, lower case; null when it asked for none. */
  public @Nullable String serverName() {
    return serverName;
  }

  /**
   * Says that nothing more follows (RFC 8446 section 6.1), without which a caller cannot tell the
   * end of a reply from one that was cut off. Waits until the caller takes it; reading can go on.
   */
  public void goodbye() {
    SSLSocket socket = tls.get();
    if (socket != null && !socket.isOutputShutdown()) {
      try {
        socket.shutdownOutput();
      } catch (IOException e) {
        // The caller is gone: nobody is left to be told.
      }
    }
  }

  /**
   * Ends the connection without the parting words of TLS, which another thread could be kept from
   * saying: they wait for whoever writes at the moment.
   */
  public void abort() {
    try {
      plain.close();
    } catch (IOException e) {
      // The caller closed it first: closed is what it was to become.
    }
  }

  /**
   * Lets no later connection resume the session of one that was asked for a certificate: each
   * caller's is verified anew, because it may have expired meanwhile.
   */
  void keepVerified() {
    SSLSocket socket = tls.get();
    if (socket != null && !authorities.isEmpty()) {
      socket.getSession().invalidate();
    }
  }

  /**
   * Hears the name also when a session is resumed and no certificate is chosen.
   *
   * @param ahead the name that was read ahead of TLS
   */
  SNIMatcher listener(@Nullable String ahead) {
    return new Listener(this, ahead);
  }

  /** The host that a connection is for, as it was read ahead of TLS. */
  static @Nullable String ahead(SSLSocket socket) {
    for (SNIMatcher matcher : socket.getSSLParameters().getSNIMatchers()) {
      if (matcher instanceof Listener listener) {
        return listener.ahead;
      }
    }
    return null;
  }

  private static final class Listener extends SNIMatcher {
    private final Secured secured;
    private final @Nullable String ahead;

    Listener(Secured secured, @Nullable String ahead) {
      super(StandardConstants.SNI_HOST_NAME);
      this.secured = secured;
      this.ahead = ahead;
    }

    @Override
    public boolean matches(SNIServerName name) {
      secured.serverName = ServerName.of(name);
      return true;
    }
  }
}
