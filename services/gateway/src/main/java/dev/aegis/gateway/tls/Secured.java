package dev.aegis.gateway.tls;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/** What lies below the TLS of one caller's connection, and what its handshake asked for. */
public final class Secured {
  private final Socket plain;
  private volatile @Nullable String serverName;

  Secured(Socket plain) {
    this.plain = plain;
  }

  /** The host that the caller asked for, lower case; null when it asked for none. */
  public @Nullable String serverName() {
    return serverName;
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

  /** Hears the name also when a session is resumed and no certificate is chosen. */
  SNIMatcher listener() {
    return new SNIMatcher(StandardConstants.SNI_HOST_NAME) {
      @Override
      public boolean matches(SNIServerName name) {
        serverName = ServerName.of(name);
        return true;
      }
    };
  }
}
