package dev.aegis.gateway.edge;

import dev.aegis.testkit.HttpProbe;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
  private final Recorded below;
  private final HttpProbe probe;

  private SecureCaller(SSLSocket socket, Recorded below) throws IOException {
    this.socket = socket;
    this.below = below;
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
      SSLContext context = trustingAll();
      Recorded below = new Recorded();
      below.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 10_000);
      SSLSocket socket =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(below, below.getInetAddress().getHostAddress(), port, true);
      try {
        socket.setSoTimeout(10_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(host == null ? List.of() : List.of(new SNIHostName(host)));
        wishes.on(parameters);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return new SecureCaller(socket, below);
      } catch (IOException e) {
        socket.close();
        throw e;
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Takes whatever it is shown. */
  static SSLContext trustingAll() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Credulous()}, null);
    return context;
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

  /** The type of the last record that came (RFC 5246 section 6.2.1): 21 for an alert. */
  int lastRecord() {
    byte[] bytes = below.received.toByteArray();
    int last = -1;
    for (int at = 0; at + 5 <= bytes.length; ) {
      last = bytes[at];
      at += 5 + ((bytes[at + 3] & 0xff) << 8 | bytes[at + 4] & 0xff);
    }
    return last;
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

  /** A socket that keeps what it has received. */
  private static final class Recorded extends Socket {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          int read = super.read();
          if (read >= 0) {
            received.write(read);
          }
          return read;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
          int read = super.read(bytes, from, length);
          if (read > 0) {
            received.write(bytes, from, read);
          }
          return read;
        }
      };
    }
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
