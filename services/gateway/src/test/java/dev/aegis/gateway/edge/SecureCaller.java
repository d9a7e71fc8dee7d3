package dev.aegis.gateway.edge;

import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** A caller over TLS that takes whatever certificate it is shown, and remembers it. */
final class SecureCaller implements AutoCloseable {
  private final SSLSocket socket;
  private final HttpProbe probe;

  private SecureCaller(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.probe = HttpProbe.over(socket);
  }

  /** What a caller may say of itself before the handshake. */
  interface Wishes {
    void on(SSLParameters parameters);
  }

  /** A connection whose handshake asks for {@code host}, or for none. */
  static SecureCaller connect(int port, @Nullable String host) throws IOException {
    return connect(port, host, wishes -> {});
  }

  /** The same with more to say. */
  static SecureCaller connect(int port, @Nullable String host, Wishes wishes) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Credulous()}, null);
      SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(InetAddress.ofLiteral("127.0.0.1"), port);
      try {
        socket.setSoTimeout(10_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(host == null ? List.of() : List.of(new SNIHostName(host)));
        wishes.on(parameters);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return new SecureCaller(socket);
      } catch (IOException e) {
        socket.close();
        throw e;
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a handshake that asks for {@code host} is shown. */
  static X509Certificate shown(int port, @Nullable String host) throws IOException {
    try (SecureCaller caller = connect(port, host)) {
      return caller.shown();
    }
  }

  X509Certificate shown() throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  SSLSocket socket() {
    return socket;
  }

  HttpProbe probe() {
    return probe;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
