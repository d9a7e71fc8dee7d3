package dev.aegis.gateway.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Input;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * Asks gRPC's health service (grpc.health.v1, method Check) whether a target serves: one unary call
 * (gRPC over HTTP/2). Its two messages have one field each, so they are written and read by hand.
 *
 * @param service that is asked about, empty for the whole server
 * @param timeout of the call, which the target is told; who asks keeps it by closing the wire
 */
record GrpcHealth(Target target, String service, Duration timeout) {
  /** Field 1 as a length and so many bytes, the only field of the request. */
  private static final int SERVICE = 1 << 3 | 2;

  private static final int STATUS_FIELD = 1;
  private static final long SERVING = 1;
  private static final int PREFIX = 5;

  /** A reply with its five bytes in front takes seven; more than this is something else. */
  private static final int MOST = 1024;

  /** Asks, over a wire that carries nothing else. */
  boolean serving(Wire wire, Deadlines deadlines) throws IOException, BadMessage {
    CheckStream call = CheckStream.begin(wire, target, deadlines, lines(), request(service));
    boolean serving =
        call.status() == 200 && serving(reply(call.input())) && succeeded(call.input().trailer());
    call.leave();
    return serving;
  }

  private byte[] lines() {
    return ("POST /grpc.health.v1.Health/Check HTTP/1.1\r\nHost: "
            + target.authority()
            + "\r\nContent-Type: application/grpc\r\nUser-Agent: aegis-health-check\r\n"
            + "Grpc-Timeout: "
            + timeout.toMillis()
            + "m\r\n")
        .getBytes(US_ASCII);
  }

  /** The request, with its prefix: not compressed, and its length in four bytes. */
  static byte[] request(String service) {
    byte[] name = service.getBytes(UTF_8);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    if (name.length > 0) { // an empty text is said by saying nothing
      message.write(SERVICE);
      int rest = name.length;
      for (; rest >= 0x80; rest >>= 7) {
        message.write(rest & 0x7f | 0x80);
      }
      message.write(rest);
      message.writeBytes(name);
    }
    return ByteBuffer.allocate(PREFIX + message.size())
        .put((byte) 0)
        .putInt(message.size())
        .put(message.toByteArray())
        .array();
  }

  private static ByteBuffer reply(Input input) throws IOException, BadMessage {
    byte[] bytes = new byte[MOST];
    int length = 0;
    for (int count = 0; count >= 0; count = input.take(bytes, length, MOST - length)) {
      length += count;
      if (length == MOST) {
        throw new BadMessage(BadMessage.Kind.BODY_TOO_LARGE, "no health check's reply");
      }
    }
    return ByteBuffer.wrap(bytes, 0, length);
  }

  /**
   * Whether this is exactly one message, not compressed, that says SERVING. Unknown fields mean
   * nothing; of several values the last one counts.
   */
  static boolean serving(ByteBuffer reply) throws BadMessage {
    if (reply.remaining() < PREFIX || reply.get() != 0 || reply.getInt() != reply.remaining()) {
      return false;
    }
    long status = 0;
    while (reply.hasRemaining()) {
      long key = number(reply);
      switch ((int) (key & 7)) {
        case 0 -> {
          long value = number(reply);
          status = key >>> 3 == STATUS_FIELD ? value : status;
        }
        case 1 -> skip(reply, 8);
        case 2 -> skip(reply, number(reply));
        case 5 -> skip(reply, 4);
        default -> throw BadMessage.malformed("a message with a field of no known kind");
      }
    }
    return status == SERVING;
  }

  /** A number in groups of seven bits, the lowest first. */
  private static long number(ByteBuffer from) throws BadMessage {
    long number = 0;
    for (int shift = 0; shift < 64 && from.hasRemaining(); shift += 7) {
      byte group = from.get();
      number |= (group & 0x7fL) << shift;
      if (group >= 0) {
        return number;
      }
    }
    throw BadMessage.malformed("a message with a number that has no end");
  }

  private static void skip(ByteBuffer from, long count) throws BadMessage {
    if (count < 0 || count > from.remaining()) {
      throw BadMessage.malformed("a message that ends within a field");
    }
    from.position(from.position() + (int) count);
  }

  /** Whether the trailer says, once, that the call came to a good end. */
  static boolean succeeded(byte[] trailer) {
    List<String> statuses =
        new String(trailer, ISO_8859_1)
            .lines()
            .filter(line -> line.startsWith("grpc-status:"))
            .toList();
    return statuses.equals(List.of("grpc-status: 0"));
  }
}
