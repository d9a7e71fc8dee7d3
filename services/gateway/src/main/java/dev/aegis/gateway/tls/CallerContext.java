package dev.aegis.gateway.tls;

import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/** The JDK's context with another factory of sockets: the one place where Helidon lets us in. */
final class CallerContext extends SSLContext {
  CallerContext(SSLContext jdk, SSLSocketFactory sockets) {
    super(new Spi(jdk, sockets), jdk.getProvider(), jdk.getProtocol());
  }

  private static final class Spi extends SSLContextSpi {
    private final SSLContext jdk;
    private final SSLSocketFactory sockets;

    Spi(SSLContext jdk, SSLSocketFactory sockets) {
      this.jdk = jdk;
      this.sockets = sockets;
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("is made ready");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return sockets;
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return jdk.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return jdk.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return jdk.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return jdk.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return jdk.getClientSessionContext();
    }
  }
}
