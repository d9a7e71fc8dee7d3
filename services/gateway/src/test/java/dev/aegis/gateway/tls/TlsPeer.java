package dev.aegis.gateway.tls;

import dev.aegis.journal.KeyedChain;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The TLS of a backend: the JDK's own, so that ours is not tried against itself. */
public final class TlsPeer {
  private final SSLContext context;
  private final Wishes wishes;

  /** What a backend may ask for before the handshake. */
  public interface Wishes {
    void on(SSLSocket socket);
  }

  /**
   * @param shown to whoever connects
   * @param callers who may vouch for them, null when they are not asked
   */
  public TlsPeer(KeyedChain shown, @Nullable X509Certificate callers, Wishes wishes) {
    this.wishes = wishes;
    try {
      KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
      keys.load(null, null);
      keys.setKeyEntry(
          "own", shown.key(), new char[0], shown.chain().toArray(X509Certificate[]::new));
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, new char[0]);
      context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), callers == null ? null : trust(callers), null);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One that asks for nothing. */
  public TlsPeer(KeyedChain shown) {
    this(shown, null, socket -> {});
  }

  private static TrustManager[] trust(X509Certificate authority)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("ca", authority);
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Its end of an accepted connection; the handshake comes with the first byte. */
  public SSLSocket over(Socket plain) throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true);
    socket.setUseClientMode(false);
    wishes.on(socket);
    return socket;
  }
}
