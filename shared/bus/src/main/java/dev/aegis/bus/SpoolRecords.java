package dev.aegis.bus;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The form of one event in the spool: length, CRC-32C, and then run, sequence, id, time, topic,
 * key, type, tenant (behind it, after a space, the event's {@code traceparent} if it has one: no
 * tenant's id has a space, and spools of older gateways stay readable) and data. A record is
 * written by one call, so only the last one of a file can be torn.
 */
final class SpoolRecords {
  /** Bytes before the record's body. */
  static final int HEAD = 8;

  /**
   * An event that was read.
   *
   * @param length of its record, head included
   */
  record Read(Pending pending, int length) {}

  private static final char BEHIND = ' ';
  private static final int MAX_BODY = 4 << 20;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream(1_024);

  /** A record's bytes, its head included. */
  byte[] write(Pending pending) throws IOException {
    body.reset();
    OutgoingEvent event = pending.event();
    DataOutputStream out = new DataOutputStream(body);
    out.writeLong(0);
    out.writeUTF(pending.run());
    out.writeLong(pending.sequence());
    out.writeUTF(pending.id());
    out.writeLong(event.timeMillis());
    out.writeUTF(event.topic());
    out.writeUTF(event.key());
    out.writeUTF(event.type());
    String traceparent = event.traceparent();
    out.writeUTF(traceparent == null ? event.tenant() : event.tenant() + BEHIND + traceparent);
    out.write(event.data());
    out.flush();
    byte[] record = body.toByteArray();
    int length = record.length - HEAD;
    if (length > MAX_BODY) {
      throw new IOException("an event of " + length + " bytes");
    }
    ByteBuffer.wrap(record).putInt(length).putInt(crc(record, HEAD, length));
    return record;
  }

  /**
   * Reads the next record.
   *
   * @throws IOException when there is none that is whole
   */
  static Read read(InputStream in) throws IOException {
    byte[] bytes = body(in);
    DataInputStream data = new DataInputStream(new ByteArrayInputStream(bytes));
    String run = data.readUTF();
    long sequence = data.readLong();
    String id = data.readUTF();
    long time = data.readLong();
    String topic = data.readUTF();
    String key = data.readUTF();
    String type = data.readUTF();
    String tenant = data.readUTF();
    int behind = tenant.indexOf(BEHIND);
    OutgoingEvent event =
        new OutgoingEvent(
            topic,
            key,
            type,
            behind < 0 ? tenant : tenant.substring(0, behind),
            time,
            data.readAllBytes(),
            behind < 0 ? null : tenant.substring(behind + 1));
    return new Read(new Pending(event, id, run, sequence), HEAD + bytes.length);
  }

  /**
   * Reads past the next record.
   *
   * @param left bytes until the end of the file
   * @return how long it is, its head included; -1 when it is not whole
   */
  static int skip(InputStream in, long left) throws IOException {
    byte[] head = in.readNBytes(HEAD);
    if (head.length < HEAD) {
      return -1;
    }
    int length = ByteBuffer.wrap(head).getInt();
    if (length <= 0 || length > MAX_BODY || length > left - HEAD) {
      return -1;
    }
    in.skipNBytes(length);
    return HEAD + length;
  }

  private static byte[] body(InputStream in) throws IOException {
    ByteBuffer head = ByteBuffer.wrap(in.readNBytes(HEAD));
    if (head.remaining() < HEAD) {
      throw new IOException("a record's head is cut off");
    }
    int length = head.getInt();
    int crc = head.getInt();
    if (length <= 0 || length > MAX_BODY) {
      throw new IOException("a record of " + length + " bytes");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("a record is cut off");
    }
    if (crc(bytes, 0, length) != crc) {
      throw new IOException("a record's checksum is wrong");
    }
    return bytes;
  }

  private static int crc(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
