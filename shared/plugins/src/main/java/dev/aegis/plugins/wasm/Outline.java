package dev.aegis.plugins.wasm;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * A binary that was looked over before anybody makes room for what it announces: a few bytes can
 * say that gigabytes follow. What no proxy-wasm module needs is refused here: types of the garbage
 * collector, exceptions, shared memories, imports that are no functions (WebAssembly 2.0 section
 * 5.5, binary modules).
 */
final class Outline {
  private static final int MOST_TYPES = 4_096;
  private static final int MOST_VALUES = 100;
  private static final int MOST_IMPORTS = 256;
  private static final int MOST_FUNCTIONS = 8_192;
  private static final int MOST_LOCALS = 200_000;
  private static final int MOST_SEGMENTS = 4_096;
  private static final int MOST_NAME = 128;

  /** Most entries of its table of functions, which grows no further either. */
  static final int MOST_ENTRIES = 65_536;

  private static final byte[] HEAD = {0, 'a', 's', 'm', 1, 0, 0, 0};

  private final byte[] code;
  private final int pages;

  private Outline(byte[] code, int pages) {
    this.code = code;
    this.pages = pages;
  }

  /** The binary without its custom sections, which only debuggers read. */
  byte[] code() {
    return code;
  }

  /** Pages of 64 KiB that its memory begins with. */
  int pages() {
    return pages;
  }

  /**
   * Looks a binary over.
   *
   * @throws IllegalArgumentException if it is none that can be used; says why
   */
  static Outline of(byte[] module) {
    if (module.length < HEAD.length
        || !Arrays.equals(module, 0, HEAD.length, HEAD, 0, HEAD.length)) {
      throw new IllegalArgumentException("it is no WebAssembly binary");
    }
    ByteArrayOutputStream kept = new ByteArrayOutputStream(module.length);
    kept.writeBytes(HEAD);
    int pages = -1;
    Bytes bytes = new Bytes(module, HEAD.length, module.length);
    while (bytes.left() > 0) {
      int from = bytes.at();
      int id = bytes.next();
      Bytes section = bytes.part(bytes.number());
      switch (id) {
        case 0 -> from = bytes.at();
        case 1 -> types(section);
        case 2 -> imports(section);
        case 3, 6, 7 -> section.count(MOST_FUNCTIONS);
        case 4 -> table(section);
        case 5 -> pages = memory(section);
        case 8, 12 -> {
          // One number, which the library reads.
        }
        case 9 -> elements(section);
        case 10 -> code(section);
        case 11 -> data(section);
        default -> throw new IllegalArgumentException("it has sections of a kind not offered here");
      }
      kept.write(module, from, bytes.at() - from);
    }
    if (pages < 0) {
      throw new IllegalArgumentException("it has no memory of its own");
    }
    return new Outline(kept.toByteArray(), pages);
  }

  private static void types(Bytes section) {
    int count = section.count(MOST_TYPES);
    for (int i = 0; i < count; i++) {
      if (section.next() != 0x60) {
        throw new IllegalArgumentException("it has types that are not offered here");
      }
      section.skip(section.count(MOST_VALUES)); // parameters
      section.skip(section.count(MOST_VALUES)); // results
    }
  }

  private static void imports(Bytes section) {
    int count = section.count(MOST_IMPORTS);
    for (int i = 0; i < count; i++) {
      section.skip(section.count(MOST_NAME));
      section.skip(section.count(MOST_NAME));
      if (section.next() != 0) {
        throw new IllegalArgumentException("it imports something that is no function");
      }
      section.number();
    }
  }

  private static void table(Bytes section) {
    if (section.count(1) == 1) {
      int type = section.next();
      int flags = section.next();
      if (type != 0x70 || flags > 1 || section.number() > MOST_ENTRIES) {
        throw new IllegalArgumentException("it has a table that is not of functions, or too large");
      }
    }
  }

  private static int memory(Bytes section) {
    if (section.count(1) == 0) {
      return -1;
    }
    if (section.next() > 1) {
      throw new IllegalArgumentException("it has a memory of a kind not offered here");
    }
    return section.number();
  }

  private static void elements(Bytes section) {
    int count = section.count(MOST_SEGMENTS);
    for (int i = 0; i < count; i++) {
      int kind = section.number();
      if (kind > 3) {
        throw new IllegalArgumentException("it fills its table in a way not offered here");
      }
      if (kind == 2) {
        section.number();
      }
      if (kind == 0 || kind == 2) {
        offset(section);
      }
      if (kind != 0) {
        section.skip(1);
      }
      int functions = section.count(MOST_ENTRIES);
      for (int j = 0; j < functions; j++) {
        section.number();
      }
    }
  }

  private static void code(Bytes section) {
    int count = section.count(MOST_FUNCTIONS);
    int room = MOST_LOCALS;
    for (int i = 0; i < count; i++) {
      Bytes body = section.part(section.number());
      int groups = body.count(body.left());
      for (int j = 0; j < groups; j++) {
        int locals = body.number();
        if (locals > room) {
          throw new IllegalArgumentException("its functions have too many locals");
        }
        room -= locals;
        body.next();
      }
    }
  }

  private static void data(Bytes section) {
    int count = section.count(MOST_SEGMENTS);
    for (int i = 0; i < count; i++) {
      int kind = section.number();
      if (kind > 1) {
        throw new IllegalArgumentException("it fills its memory in a way not offered here");
      }
      if (kind == 0) {
        offset(section);
      }
      section.skip(section.number());
    }
  }

  /** One number, or one of its globals. */
  private static void offset(Bytes section) {
    switch (section.next()) {
      case 0x41 -> section.skipSigned();
      case 0x23 -> section.number();
      default -> throw new IllegalArgumentException("it says where in a way not offered here");
    }
    if (section.next() != 0x0b) {
      throw new IllegalArgumentException("it says where in a way not offered here");
    }
  }

  /** Bytes that are read one after the other, and never beyond their end. */
  private static final class Bytes {
    private final byte[] all;
    private final int end;
    private int at;

    Bytes(byte[] all, int at, int end) {
      this.all = all;
      this.at = at;
      this.end = end;
    }

    int at() {
      return at;
    }

    int left() {
      return end - at;
    }

    int next() {
      if (at >= end) {
        throw new IllegalArgumentException("it is cut off");
      }
      return all[at++] & 0xff;
    }

    /** An unsigned number that an int can be (LEB128). */
    int number() {
      long value = 0;
      for (int shift = 0; shift < 35; shift += 7) {
        int each = next();
        value |= (long) (each & 0x7f) << shift;
        if (each < 0x80) {
          if (value > Integer.MAX_VALUE) {
            break;
          }
          return (int) value;
        }
      }
      throw new IllegalArgumentException("it has a number that is too large");
    }

    /** A number of things that follow. */
    int count(int most) {
      int count = number();
      if (count > most) {
        throw new IllegalArgumentException(
            "it has " + count + " of what can be " + most + " at most");
      }
      return count;
    }

    void skipSigned() {
      for (int i = 0; i < 5; i++) {
        if (next() < 0x80) {
          return;
        }
      }
      throw new IllegalArgumentException("it has a number that is too large");
    }

    void skip(int count) {
      if (count > left()) {
        throw new IllegalArgumentException("it is cut off");
      }
      at += count;
    }

    /** The next so many, as a part of their own. */
    Bytes part(int length) {
      int from = at;
      skip(length);
      return new Bytes(all, from, at);
    }
  }
}
