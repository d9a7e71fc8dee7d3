package dev.aegis.gateway.edge;

import io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap;
import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.ByteBufUtil;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ChannelInitializer;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2DataFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Error;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2HeadersFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2MultiplexHandler;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes a target in HTTP/2 of a backend in HTTP/1.1, by Netty's codec: each stream is a connection
 * to the backend. What breaks there resets its stream, and a stream that is reset breaks off there.
 */
final class StreamsFront implements AutoCloseable {
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "keep-alive", "transfer-encoding");

  /** A field of a backend's reply whose value goes on as {@code content-length}, right or not. */
  static final String SAID_LENGTH = "x-said-length";

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AtomicInteger connections = new AtomicInteger();
  private final Channel listener;

  /**
   * @param backend port of the backend
   */
  StreamsFront(int backend) {
    ServerBootstrap server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connections.incrementAndGet();
                    connection
                        .pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().build())
                        .addLast(new Http2MultiplexHandler(streams(backend)));
                  }
                });
    this.listener =
        server
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
  }

  private static ChannelInitializer<Channel> streams(int backend) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel stream) {
        stream.pipeline().addLast(new Carried(backend));
      }
    };
  }

  String url() {
    return "http://127.0.0.1:" + ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Connections in HTTP/2 that were made so far. */
  int connections() {
    return connections.get();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One stream. */
  private static final class Carried extends ChannelInboundHandlerAdapter {
    private final int backend;
    private @Nullable Socket socket;
    private boolean chunked;

    Carried(int backend) {
      this.backend = backend;
    }

    @Override
    public void channelRead(ChannelHandlerContext stream, Object frame) {
      try {
        switch (frame) {
          case Http2HeadersFrame head when socket == null -> begin(stream, head);
          case Http2HeadersFrame trailer -> end(fields(trailer.headers()));
          case Http2DataFrame data -> body(data);
          default -> {
            // Speaks of the connection.
          }
        }
      } catch (IOException e) {
        reset(stream);
      }
    }

    private void begin(ChannelHandlerContext stream, Http2HeadersFrame frame) throws IOException {
      Http2Headers headers = frame.headers();
      Socket opened = new Socket(InetAddress.getLoopbackAddress(), backend);
      opened.setTcpNoDelay(true);
      socket = opened;
      chunked = !frame.isEndStream() && !headers.contains("content-length");
      send(
          headers.method()
              + " "
              + headers.path()
              + " HTTP/1.1\r\nHost: "
              + headers.authority()
              + "\r\n"
              + fields(headers)
              + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"));
      boolean bodiless = headers.method().toString().equals("HEAD");
      Thread.ofVirtual().start(() -> new Answer(stream, opened, bodiless).pass());
    }

    private static String fields(Http2Headers headers) {
      StringBuilder lines = new StringBuilder();
      headers.forEach(
          field -> {
            if (field.getKey().charAt(0) != ':') {
              lines.append(field.getKey()).append(": ").append(field.getValue()).append("\r\n");
            }
          });
      return lines.toString();
    }

    private void body(Http2DataFrame data) throws IOException {
      byte[] bytes;
      try {
        bytes = ByteBufUtil.getBytes(data.content());
      } finally {
        data.release();
      }
      if (bytes.length > 0) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        send(chunked ? Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n" : text);
      }
      if (data.isEndStream()) {
        end("");
      }
    }

    private void end(String trailer) throws IOException {
      if (chunked) {
        send("0\r\n" + trailer + "\r\n");
      }
    }

    private void send(String text) throws IOException {
      Socket open = socket;
      if (open != null) {
        open.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext stream) throws IOException {
      Socket open = socket;
      if (open != null) {
        open.close();
      }
    }

    private static void reset(ChannelHandlerContext stream) {
      stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }
  }

  /** A reply on its way from the backend to a stream. */
  private record Answer(
      ChannelHandlerContext stream, Socket socket, InputStream in, boolean bodiless) {
    private static final ByteBuf NOTHING = Unpooled.EMPTY_BUFFER;

    Answer(ChannelHandlerContext stream, Socket socket, boolean bodiless) {
      this(stream, socket, input(socket), bodiless);
    }

    private static InputStream input(Socket socket) {
      try {
        return new BufferedInputStream(socket.getInputStream());
      } catch (IOException e) {
        return InputStream.nullInputStream(); // It was closed already, and says nothing.
      }
    }

    void pass() {
      try (socket) {
        Http2Headers head = head();
        while (head.status().charAt(0) == '1') {
          stream.writeAndFlush(new DefaultHttp2HeadersFrame(head, false));
          head = head();
        }
        boolean chunked = head.contains("transfer-encoding");
        OF_THE_CONNECTION.forEach(head::remove);
        CharSequence said = head.get(SAID_LENGTH);
        if (said != null) {
          head.remove(SAID_LENGTH);
          head.set("content-length", said);
        }
        boolean empty = bodiless || Set.of("204", "304").contains(head.status().toString());
        stream.writeAndFlush(new DefaultHttp2HeadersFrame(head, empty));
        if (!empty) {
          body(head, chunked);
        }
      } catch (IOException | RuntimeException e) { // numbers that are none, too
        Carried.reset(stream);
      }
    }

    private Http2Headers head() throws IOException {
      String[] status = line().split(" ", 3);
      if (status.length < 2 || !status[0].equals("HTTP/1.1")) {
        throw new IOException("no reply");
      }
      return fields(new DefaultHttp2Headers().status(status[1]));
    }

    private Http2Headers fields(Http2Headers into) throws IOException {
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        into.add(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      return into;
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException();
        }
        line.append((char) next);
      }
      return line.toString().stripTrailing();
    }

    private void body(Http2Headers head, boolean chunked) throws IOException {
      CharSequence length = head.get("content-length");
      if (length != null && !chunked) {
        bytes(Long.parseLong(length.toString()));
      } else if (chunked) {
        for (long size = size(); size > 0; size = size()) {
          bytes(size);
          line();
        }
        Http2Headers trailer = fields(new DefaultHttp2Headers());
        if (!trailer.isEmpty()) {
          stream.writeAndFlush(new DefaultHttp2HeadersFrame(trailer, true));
          return;
        }
      } else {
        bytes(-1);
      }
      stream.writeAndFlush(new DefaultHttp2DataFrame(NOTHING, true));
    }

    private long size() throws IOException {
      return Long.parseLong(line(), 16);
    }

    /** Passes so many bytes on as they come, all up to the end if that is negative. */
    private void bytes(long count) throws IOException {
      byte[] some = new byte[8192];
      long left = count;
      while (left != 0) {
        int read = in.read(some, 0, (int) (count < 0 ? some.length : Math.min(left, some.length)));
        if (read < 0) {
          if (count < 0) {
            return;
          }
          throw new EOFException();
        }
        stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(some, 0, read)));
        left -= count < 0 ? 0 : read;
      }
    }
  }
}
