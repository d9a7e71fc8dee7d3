package dev.aegis.gateway.tls;

import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.snapshot.Demand;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.TlsTerms;
import dev.aegis.journal.KeyedChain;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS for callers: versions, suites, certificates, and bounds on the handshake.
 *
 * <p>The listener makes its sockets by this class' factory. What is learnt in a handshake waits
 * here as a {@link Secured} until the connection that came of it fetches it; one that came to
 * nothing is forgotten when its time is over.
 */
public final class CallerTls {
  private final Deadlines deadlines;
  private final Duration bound;
  private final Front front;
  private final Supplier<Snapshot> snapshot;
  private final ShownCertificates certificates;
  private final Trusting trusting;
  private final SSLContext context;
  private final Map<Ends, Handshake> handshakes = new ConcurrentHashMap<>();

  /**
   * @param snapshot the configuration in force, asked once per handshake
   * @param otherwise what is shown for hosts without a certificate
   * @param deadlines ends handshakes
   * @param bound how long a handshake may take
   * @param front what stands between callers and the gateway
   */
  public CallerTls(
      Supplier<Snapshot> snapshot,
      KeyedChain otherwise,
      Deadlines deadlines,
      Duration bound,
      Front front) {
    this.front = front;
    this.deadlines = deadlines;
    this.bound = bound;
    this.snapshot = snapshot;
    this.certificates = new ShownCertificates(snapshot, otherwise);
    this.trusting = new Trusting(certificates);
    try {
      SSLContext jdk = SSLContext.getInstance("TLS");
      jdk.init(new KeyManager[] {certificates}, null, null);
      this.context = new CallerContext(jdk, new Sockets(jdk.getSocketFactory()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("TLS is part of every JDK", e);
    }
  }

  /** For the listener, which must use blocking sockets. */
  public SSLContext context() {
    return context;
  }

  /**
   * What the handshake of the connection between these addresses has shown; once.
   *
   * @throws IllegalStateException when there was none
   */
  public Secured secured(SocketAddress remote, SocketAddress local) {
    Handshake handshake = handshakes.remove(new Ends(remote, local));
    if (handshake == null) {
      throw new IllegalStateException("no handshake with " + remote);
    }
    deadlines.remove(handshake);
    handshake.secured.keepVerified();
    return handshake.secured;
  }

  /** Handshakes under way, and those that came to nothing a moment ago. */
  int handshakes() {
    return handshakes.size() + certificates.pending();
  }

  /** A connection by its two addresses, which no other open connection shares. */
  private record Ends(@Nullable SocketAddress remote, @Nullable SocketAddress local) {}

  private final class Handshake extends Deadlines.Wait {
    private final Ends ends;
    private final Secured secured;

    Handshake(Ends ends, Secured secured) {
      this.ends = ends;
      this.secured = secured;
    }

    @Override
    protected void expire() {
      handshakes.remove(ends, this);
      deadlines.remove(this);
      secured.abort();
    }
  }

  /** Makes the TLS sockets of accepted connections. */
  private final class Sockets extends SSLSocketFactory {
    private final SSLSocketFactory jdk;

    Sockets(SSLSocketFactory jdk) {
      this.jdk = jdk;
    }

    @Override
    public Socket createSocket(Socket plain, InputStream consumed, boolean autoClose)
        throws IOException {
      plain.setSoTimeout(0); // waits are bounded by deadlines
      Secured secured = new Secured(plain);
      Ends ends = new Ends(plain.getRemoteSocketAddress(), plain.getLocalSocketAddress());
      Handshake handshake = new Handshake(ends, secured);
      handshakes.put(ends, handshake);
      deadlines.add(handshake);
      deadlines.begin(handshake, bound);
      secured.introduce(front, plain.getInputStream());
      ClientHello hello = ClientHello.read(plain.getInputStream());
      List<X509Certificate> authorities = authorities(hello.host());
      SSLSocketFactory sockets =
          authorities.isEmpty() ? jdk : trusting.context(authorities).getSocketFactory();
      SSLSocket socket = (SSLSocket) sockets.createSocket(plain, hello.consumed(), autoClose);
      secured.over(socket, authorities);
      SSLParameters parameters = socket.getSSLParameters();
      TlsTerms.apply(parameters);
      parameters.setUseCipherSuitesOrder(true);
      parameters.setSNIMatchers(List.of(secured.listener(hello.host())));
      // Who shows none is told so over HTTP, where a caller can read why.
      parameters.setWantClientAuth(!authorities.isEmpty());
      socket.setSSLParameters(parameters);
      return socket;
    }

    private List<X509Certificate> authorities(@Nullable String host) {
      Demand demand = host == null ? null : snapshot.get().demand(host);
      return demand == null ? List.of() : demand.authorities();
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return TlsTerms.suites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return TlsTerms.suites();
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) {
      throw outgoing();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw outgoing();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      throw outgoing();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw outgoing();
    }

    @Override
    public Socket createSocket(
        InetAddress address, int port, InetAddress localAddress, int localPort) {
      throw outgoing();
    }

    private UnsupportedOperationException outgoing() {
      return new UnsupportedOperationException("for callers' connections only");
    }
  }
}
