package dev.aegis.gateway.http2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads field blocks (RFC 7541), and keeps the table of one connection's one direction for it. What
 * a block may unfold to is bounded: a byte of it can stand for kilobytes.
 */
final class FieldDecoder {
  /** Bytes of the table, which the peer may only make smaller. */
  static final int TABLE = 4096;

  /** Bytes that the fields of one block may count for before the peer is an attacker. */
  static final int MOST = 256 * 1024;

  private static final int MAX_NUMBER = 1 << 24;

  // Newest last: an index counts back from its end.
  private final List<FieldLine> table = new ArrayList<>();
  private int from;
  private int size;
  private int limit = TABLE;

  private byte[] block = {};
  private int at;
  private int end;

  /**
   * Tells {@code sink} the fields of a block.
   *
   * @throws ConnectionError when it is none; the table is lost, and the connection with it
   */
  void decode(byte[] bytes, int first, int last, FieldSink sink) throws ConnectionError {
    block = bytes;
    at = first;
    end = last;
    int total = 0;
    boolean begun = false;
    while (at < end) {
      int b = block[at];
      if ((b & 0xe0) == 0x20) {
        if (begun) {
          throw wrong("the table changes its size after a field");
        }
        resize(number(5));
        continue;
      }
      begun = true;
      FieldLine line;
      if (b < 0) { // 1xxxxxxx
        line = known(number(7));
      } else {
        boolean kept = (b & 0x40) != 0;
        int index = number(kept ? 6 : 4);
        byte[] name = index == 0 ? string() : known(index).name();
        line = new FieldLine(name, string());
        if (kept) {
          keep(line);
        }
      }
      total += line.size();
      if (total > MOST) {
        throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "the fields are too many");
      }
      sink.field(line);
    }
  }

  private FieldLine known(int index) throws ConnectionError {
    if (index >= 1 && index <= StaticFields.COUNT) {
      return StaticFields.at(index);
    }
    int back = index - StaticFields.COUNT;
    if (back < 1 || back > table.size() - from) {
      throw wrong("there is no field with this index");
    }
    return table.get(table.size() - back);
  }

  private void keep(FieldLine line) {
    size += line.size();
    table.add(line);
    evict();
  }

  private void resize(int wanted) throws ConnectionError {
    if (wanted > TABLE) {
      throw wrong("the table is larger than it may be");
    }
    limit = wanted;
    evict();
  }

  /** Drops the oldest; one that is larger than the whole table empties it (section 4.4). */
  private void evict() {
    while (size > limit) {
      size -= table.get(from++).size();
    }
    if (from > 64 && from > table.size() / 2) {
      table.subList(0, from).clear();
      from = 0;
    }
  }

  /** A number whose first byte ends in {@code bits} of it (section 5.1). */
  private int number(int bits) throws ConnectionError {
    int mask = (1 << bits) - 1;
    int number = next() & mask;
    if (number < mask) {
      return number;
    }
    for (int shift = 0; ; shift += 7) {
      int b = next();
      if (shift > 21) {
        throw wrong("a number is too large");
      }
      number += (b & 0x7f) << shift;
      if (number > MAX_NUMBER) {
        throw wrong("a number is too large");
      }
      if (b >= 0) {
        return number;
      }
    }
  }

  private byte[] string() throws ConnectionError {
    if (at == end) {
      throw wrong("it ends early");
    }
    boolean huffman = block[at] < 0;
    int length = number(7);
    if (length > end - at) {
      throw wrong("it ends early");
    }
    int start = at;
    at += length;
    if (!huffman) {
      return Arrays.copyOfRange(block, start, at);
    }
    byte[] text = new byte[Huffman.most(length)];
    int count = Huffman.decode(block, start, at, text, 0);
    return count == text.length ? text : Arrays.copyOf(text, count);
  }

  private int next() throws ConnectionError {
    if (at == end) {
      throw wrong("it ends early");
    }
    return block[at++];
  }

  private static ConnectionError wrong(String detail) {
    return new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a field block: " + detail);
  }
}
