package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Resolver.Question;
import dev.aegis.gateway.upstream.Resolver.RecordType;
import dev.aegis.testkit.FreePorts;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A name server on loopback (RFC 1035) that says what a test wants it to say. */
public final class ScriptedDns implements AutoCloseable {
  /** A server failed, RFC 1035 section 4.1.1. */
  static final int SERVFAIL = 2;

  private static final int NXDOMAIN = 3;
  private static final int REPLY = 0x8180; // a reply, recursion desired and available
  private static final int TRUNCATED = 0x0200;
  private static final int SAME_NAME = 0xc00c; // points at the question

  /** How questions are met. */
  public enum Manner {
    ANSWERING,
    SILENT,
    /** The reply over UDP says that it was cut off; the whole one is to be had over TCP. */
    TRUNCATING
  }

  private record Answer(int code, List<byte[]> records) {}

  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();
  private final Map<String, String> aliases = new ConcurrentHashMap<>();
  private final List<Question> asked = new CopyOnWriteArrayList<>();
  private volatile Manner manner = Manner.ANSWERING;

  public ScriptedDns() {
    try {
      int port = FreePorts.next();
      udp = new DatagramSocket(port, InetAddress.getLoopbackAddress());
      tcp = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().name("dns-udp").start(this::serveUdp);
    Thread.ofVirtual().name("dns-tcp").start(this::serveTcp);
  }

  /** {@code host:port}. */
  public String server() {
    return "127.0.0.1:" + tcp.getLocalPort();
  }

  /** What was asked so far. */
  List<Question> asked() {
    return List.copyOf(asked);
  }

  public void be(Manner newer) {
    manner = newer;
  }

  /** The name has these addresses and no others. */
  public void addresses(String name, String... addresses) {
    for (RecordType type : List.of(RecordType.A, RecordType.AAAA)) {
      List<byte[]> records =
          Arrays.stream(addresses)
              .filter(address -> address.contains(":") == (type == RecordType.AAAA))
              .map(address -> InetAddress.ofLiteral(address).getAddress())
              .toList();
      answers.put(new Question(name, type), new Answer(0, records));
    }
  }

  /** The name has these services, each as {@code priority weight port host}. */
  void services(String name, String... services) {
    answers.put(
        new Question(name, RecordType.SRV),
        new Answer(0, Arrays.stream(services).map(ScriptedDns::service).toList()));
  }

  /** The name stands for another one, whose records are told with it (CNAME). */
  void alias(String name, String canonical) {
    aliases.put(name, canonical);
  }

  /** Questions of this type for this name are met with an error. */
  void fail(String name, RecordType type, int code) {
    answers.put(new Question(name, type), new Answer(code, List.of()));
  }

  /** There is no such name any more. */
  public void forget(String name) {
    answers.keySet().removeIf(question -> question.name().equals(name));
  }

  private static byte[] service(String text) {
    String[] parts = text.split(" ", -1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < 3; i++) {
      int number = Integer.parseInt(parts[i]);
      bytes.write(number >> 8);
      bytes.write(number);
    }
    bytes.writeBytes(parts[3].equals(".") ? new byte[1] : wire(parts[3]));
    return bytes.toByteArray();
  }

  private static byte[] wire(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String label : name.split("\\.", -1)) {
      bytes.write(label.length());
      bytes.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    bytes.write(0);
    return bytes.toByteArray();
  }

  private void serveUdp() {
    byte[] room = new byte[512];
    while (!udp.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(room, room.length);
        udp.receive(packet);
        byte[] reply = reply(Arrays.copyOf(room, packet.getLength()), true);
        if (reply != null) {
          udp.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
        }
      } catch (IOException e) {
        if (!udp.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serveTcp() {
    while (!tcp.isClosed()) {
      try (Socket socket = tcp.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] query = in.readNBytes(in.readUnsignedShort());
        byte[] reply = reply(query, false);
        if (reply != null) {
          DataOutputStream out = new DataOutputStream(socket.getOutputStream());
          out.writeShort(reply.length);
          out.write(reply);
        }
      } catch (IOException e) {
        if (!tcp.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private byte @Nullable [] reply(byte[] query, boolean overUdp) {
    ByteBuffer in = ByteBuffer.wrap(query);
    in.position(12);
    StringBuilder name = new StringBuilder();
    for (int length = in.get(); length > 0; length = in.get()) {
      byte[] label = new byte[length];
      in.get(label);
      name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
    }
    int number = in.getShort();
    in.getShort();
    RecordType type = number == 1 ? RecordType.A : number == 28 ? RecordType.AAAA : RecordType.SRV;
    Question question = new Question(name.toString(), type);
    asked.add(question);
    boolean cut = overUdp && manner == Manner.TRUNCATING;
    if (manner == Manner.SILENT) {
      return null;
    }
    String canonical = aliases.get(question.name());
    Answer answer =
        answers.getOrDefault(
            canonical == null ? question : new Question(canonical, type),
            new Answer(NXDOMAIN, List.of()));
    List<byte[]> records = cut ? List.of() : answer.records();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(query, 0, 2);
    shorts(
        bytes,
        REPLY | answer.code() | (cut ? TRUNCATED : 0),
        1,
        records.size() + (canonical == null ? 0 : 1),
        0,
        0);
    bytes.write(query, 12, in.position() - 12);
    if (canonical != null) {
      byte[] target = wire(canonical);
      shorts(bytes, SAME_NAME, 5, 1, 0, 60, target.length);
      bytes.writeBytes(target);
    }
    for (byte[] record : records) {
      if (canonical == null) {
        shorts(bytes, SAME_NAME);
      } else {
        bytes.writeBytes(wire(canonical));
      }
      shorts(bytes, number, 1, 0, 60, record.length);
      bytes.writeBytes(record);
    }
    return bytes.toByteArray();
  }

  private static void shorts(ByteArrayOutputStream bytes, int... numbers) {
    for (int number : numbers) {
      bytes.write(number >> 8);
      bytes.write(number);
    }
  }

  @Override
  public void close() {
    udp.close();
    try {
      tcp.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
