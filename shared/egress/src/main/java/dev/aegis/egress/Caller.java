package dev.aegis.egress;

import dev.aegis.egress.CallResult.Answered;
import dev.aegis.egress.CallResult.Failed;
import dev.aegis.egress.CallResult.Failure;
import dev.aegis.egress.CallResult.NotMade;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes one HTTP/1.1 call to a receiver that nobody trusts: a POST whose reply's status is all that
 * matters, a GET of a document, or a POST whose reply is one.
 *
 * <p>The name is resolved once, every address it has must pass the {@link EgressGuard}, and the
 * connection goes to one of exactly these addresses: between check and connect nobody resolves
 * again. A connection serves one call. The reply's head is bounded, its body is read to a bound,
 * redirects are replies like others. One deadline covers everything from the look-up to the head of
 * the reply, of a document to its end; when it passes, the socket is closed under whatever waits on
 * it, also under a receiver that sends one byte a second.
 */
public final class Caller implements AutoCloseable {
  private static final int MAX_DRAINED = 64 * 1024;
  private static final Duration DRAIN = Duration.ofSeconds(1);

  private final Resolver resolver;
  private final EgressGuard guard;
  private final SSLSocketFactory tls;
  private final Duration connectLimit;
  private final Duration totalLimit;
  private final ScheduledThreadPoolExecutor watch;

  /**
   * @param connectLimit longest wait for one connection to be accepted
   * @param totalLimit longest time from the look-up to the head of the reply, or the end of a
   *     document
   */
  public Caller(
      Resolver resolver,
      EgressGuard guard,
      SSLSocketFactory tls,
      Duration connectLimit,
      Duration totalLimit) {
    this.resolver = resolver;
    this.guard = guard;
    this.tls = tls;
    this.connectLimit = connectLimit;
    this.totalLimit = totalLimit;
    this.watch =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("egress-deadlines").factory());
    this.watch.setRemoveOnCancelPolicy(true);
  }

  /**
   * Posts {@code body} to {@code url}.
   *
   * @param url absolute http or https URL
   * @param headers beside {@code Host}, {@code Content-Length} and {@code Connection}; names and
   *     values are sent as they are
   * @throws IllegalArgumentException when the URL names no host
   * @throws InterruptedException when the thread was told to stop: the receiver may or may not have
   *     got the call
   */
  public CallResult post(URI url, Map<String, String> headers, byte[] body)
      throws InterruptedException {
    byte[] head = head("POST", url, headers, body.length);
    return call(url, guard::permits, head, body, totalLimit, Exchange::drain);
  }

  /**
   * Posts {@code body} to {@code url} for the document that the reply is. In clear text that is
   * done only within the networks that the operator allowed, as for {@link #fetch}.
   *
   * @param url absolute http or https URL
   * @param headers beside {@code Host}, {@code Content-Length} and {@code Connection}; names and
   *     values are sent as they are
   * @param most longest document, in bytes
   * @param limit longest time from the look-up to the end of the document, if shorter than that of
   *     all calls
   * @throws IllegalArgumentException when the URL names no host
   * @throws InterruptedException when the thread was told to stop
   */
  public Fetched ask(URI url, Map<String, String> headers, byte[] body, int most, Duration limit)
      throws InterruptedException {
    Duration total = limit.compareTo(totalLimit) < 0 ? limit : totalLimit;
    Gathering gathering = new Gathering(most, status -> "status_" + status);
    return document(url, head("POST", url, headers, body.length), body, total, gathering);
  }

  /**
   * Fetches the document at {@code url}. In clear text that is done only within the networks that
   * the operator allowed: from anywhere else, whoever stands in between could put another in its
   * place.
   *
   * @param url absolute http or https URL
   * @param headers beside {@code Host} and {@code Connection}
   * @param most longest document, in bytes
   * @throws IllegalArgumentException when the URL names no host
   * @throws InterruptedException when the thread was told to stop
   */
  public Fetched fetch(URI url, Map<String, String> headers, int most) throws InterruptedException {
    Gathering gathering = new Gathering(most, status -> "not_found");
    return document(url, head("GET", url, headers, -1), new byte[0], totalLimit, gathering);
  }

  private Fetched document(URI url, byte[] head, byte[] body, Duration limit, Gathering gathering)
      throws InterruptedException {
    Predicate<InetAddress> open = secure(url) ? guard::permits : guard::allows;
    return switch (call(url, open, head, body, limit, gathering)) {
      case Answered answered -> gathering.fetched;
      case Failed(Failure failure, Duration latency) -> new Fetched.Missed(failure.code());
      case NotMade notMade -> new Fetched.Missed("not_made");
    };
  }

  private CallResult call(
      URI url,
      Predicate<InetAddress> open,
      byte[] head,
      byte[] body,
      Duration limit,
      Reading reading)
      throws InterruptedException {
    if (url.getHost() == null) {
      throw new IllegalArgumentException("The URL names no host");
    }
    Exchange exchange = new Exchange(url, open, limit, reading);
    try {
      CallResult result = exchange.run(head, body);
      if (Thread.interrupted()) {
        throw new InterruptedException("told to stop during a call");
      }
      return result;
    } finally {
      exchange.end();
    }
  }

  private static boolean secure(URI url) {
    return "https".equalsIgnoreCase(url.getScheme());
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }

  /** Without a length there is no body. */
  private static byte[] head(String method, URI url, Map<String, String> headers, int length) {
    StringBuilder head = new StringBuilder(512).append(method).append(' ');
    String path = url.getRawPath();
    head.append(path == null || path.isEmpty() ? "/" : path);
    if (url.getRawQuery() != null) {
      head.append('?').append(url.getRawQuery());
    }
    head.append(" HTTP/1.1\r\nHost: ").append(url.getHost());
    if (url.getPort() >= 0) {
      head.append(':').append(url.getPort());
    }
    if (length >= 0) {
      head.append("\r\nContent-Length: ").append(length);
    }
    head.append("\r\nConnection: close\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** What is done with the body of a reply. */
  private interface Reading {
    void read(Socket socket, InputStream in, Reply reply) throws IOException;
  }

  /** Takes the body of a reply for a document. */
  private static final class Gathering implements Reading {
    private final int most;
    private final IntFunction<String> otherStatus;
    private Fetched fetched = new Fetched.Missed("not_made");

    Gathering(int most, IntFunction<String> otherStatus) {
      this.most = most;
      this.otherStatus = otherStatus;
    }

    @Override
    public void read(Socket socket, InputStream in, Reply reply) throws IOException {
      if (reply.status() != 200) {
        fetched = new Fetched.Missed(otherStatus.apply(reply.status()));
        return;
      }
      if (reply.encoded()) {
        fetched = new Fetched.Missed("encoded");
        return;
      }
      byte[] body = Content.read(in, reply, most);
      fetched =
          body == null
              ? new Fetched.Missed("too_long")
              : new Fetched.Document(body, reply.cacheControl());
    }
  }

  /** One call under way. */
  private final class Exchange {
    private final URI url;
    private final Predicate<InetAddress> permitted;
    private final Duration limit;
    private final Reading reading;
    private final boolean secure;
    private final long begin = System.nanoTime();
    private final ScheduledFuture<?> deadline;
    private volatile @Nullable Socket open;
    private volatile boolean expired;

    Exchange(URI url, Predicate<InetAddress> permitted, Duration limit, Reading reading) {
      this.url = url;
      this.permitted = permitted;
      this.limit = limit;
      this.reading = reading;
      this.secure = secure(url);
      this.deadline = watch.schedule(this::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    CallResult run(byte[] head, byte[] body) throws InterruptedException {
      String host = url.getHost();
      String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
      List<InetAddress> addresses;
      try {
        addresses = resolver.resolve(name, limit);
      } catch (UnknownHostException e) {
        return failed(Failure.DNS);
      }
      if (!addresses.stream().allMatch(permitted)) {
        return failed(Failure.ADDRESS);
      }
      Socket connection;
      try {
        connection = connect(addresses);
      } catch (IOException e) {
        return broken(e, Failure.CONNECT);
      }
      try {
        return talk(secure ? secured(connection, name) : connection, head, body);
      } catch (SSLException e) {
        return broken(e, Failure.TLS);
      } catch (Reply.Malformed e) {
        return failed(Failure.MALFORMED);
      } catch (IOException e) {
        return broken(e, Failure.LOST);
      }
    }

    void end() {
      deadline.cancel(false);
      close(open);
    }

    private Socket connect(List<InetAddress> addresses) throws IOException {
      int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
      IOException last = new IOException("no address");
      for (InetAddress address : addresses) {
        Socket socket = new Socket(Proxy.NO_PROXY);
        open = socket;
        if (expired) {
          close(socket);
        }
        try {
          socket.setTcpNoDelay(true);
          socket.connect(new InetSocketAddress(address, port), (int) connectLimit.toMillis());
          return socket;
        } catch (IOException e) {
          close(socket);
          last = e;
        }
      }
      throw last;
    }

    private Socket secured(Socket connection, String name) throws IOException {
      SSLSocket socket = (SSLSocket) tls.createSocket(connection, name, connection.getPort(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket;
    }

    private CallResult talk(Socket socket, byte[] head, byte[] body) throws IOException {
      byte[] request = Arrays.copyOf(head, head.length + body.length);
      System.arraycopy(body, 0, request, head.length, body.length);
      IOException unsent = null;
      try {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
      } catch (IOException e) {
        // A receiver may refuse with a reply before it has read the body (RFC 9112 section 9.5).
        unsent = e;
      }
      InputStream in = new BufferedInputStream(socket.getInputStream(), 4096);
      Reply reply;
      try {
        reply = Reply.read(in);
      } catch (IOException e) {
        throw unsent == null ? e : unsent;
      }
      Answered answered = new Answered(reply.status(), reply.retryAfter(), latency());
      reading.read(socket, in, reply);
      return answered;
    }

    /** Reads a little of the body, so that the receiver is not cut off while it still sends. */
    private static void drain(Socket socket, InputStream in, Reply reply) {
      long until = System.nanoTime() + DRAIN.toNanos();
      long bound = reply.length() < 0 ? MAX_DRAINED : Math.min(reply.length(), MAX_DRAINED);
      try {
        socket.setSoTimeout((int) DRAIN.toMillis());
        byte[] scrap = new byte[4096];
        for (int drained = 0; drained < bound && System.nanoTime() < until; ) {
          int count = in.read(scrap);
          if (count < 0) {
            return;
          }
          drained += count;
        }
      } catch (IOException e) {
        // The verdict is in the head; how the body ends changes nothing.
        return;
      }
    }

    private CallResult broken(IOException e, Failure otherwise) {
      if (expired || e instanceof SocketTimeoutException) {
        return failed(Failure.TIMEOUT);
      }
      String words = e.getMessage();
      if (words != null && words.contains("Too many open files")) {
        return new NotMade("this process has no file descriptor left");
      }
      return failed(otherwise);
    }

    private CallResult failed(Failure failure) {
      return new Failed(failure, latency());
    }

    private Duration latency() {
      return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void expire() {
      expired = true;
      close(open);
    }

    private static void close(@Nullable Socket socket) {
      if (socket != null) {
        try {
          // Of the plain socket: closing one of TLS would wait for its peer's farewell.
          socket.close();
        } catch (IOException e) {
          // It is of no use either way.
          return;
        }
      }
    }
  }
}
