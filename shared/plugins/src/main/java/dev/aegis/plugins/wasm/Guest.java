package dev.aegis.plugins.wasm;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import java.nio.charset.StandardCharsets;

/**
 * The memory of one instance, as the host reads and writes it. Addresses and lengths come from the
 * module, so each is looked at before anything is made of it.
 */
final class Guest {
  /** Most bytes that one text of a module's has: a name, a value, a line. */
  static final int MOST_TEXT = 64 * 1024;

  private final Instance instance;
  private final Memory memory;
  private final String allocator;

  /**
   * @param allocator the module's function that makes room for what it is given
   */
  Guest(Instance instance, String allocator) {
    this.instance = instance;
    this.memory = instance.memory();
    this.allocator = allocator;
  }

  int pages() {
    return memory.pages();
  }

  /** Bytes that are there, a copy. */
  byte[] bytes(long at, long length, int most) {
    int from = (int) at;
    int size = (int) length;
    check(from, size);
    if (size > most) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return memory.readBytes(from, size);
  }

  /** Text that is there, a character for each byte, as lines of headers are read. */
  String text(long at, long length) {
    return new String(bytes(at, length, MOST_TEXT), StandardCharsets.ISO_8859_1);
  }

  int number(long at) {
    check((int) at, 4);
    return memory.readInt((int) at);
  }

  void put(long at, int value) {
    check((int) at, 4);
    memory.writeI32((int) at, value);
  }

  void put(long at, long value) {
    check((int) at, 8);
    memory.writeLong((int) at, value);
  }

  void put(long at, byte[] bytes) {
    check((int) at, bytes.length);
    memory.write((int) at, bytes);
  }

  /** Gives bytes in room that the module makes for them, and says where and how many. */
  void give(byte[] bytes, long whereAt, long lengthAt) {
    check((int) whereAt, 4);
    check((int) lengthAt, 4);
    int at = 0;
    if (bytes.length > 0) {
      at = (int) instance.export(allocator).apply(bytes.length)[0];
      if (at == 0) {
        throw new Status.Fault(Status.INVALID_MEMORY);
      }
      put(at, bytes);
    }
    put(whereAt, at);
    put(lengthAt, bytes.length);
  }

  /** No instance has 2 GiB, so an address that is negative here is none. */
  private void check(int at, int length) {
    if (at < 0 || length < 0 || (long) at + length > (long) memory.pages() * Memory.PAGE_SIZE) {
      throw new Status.Fault(Status.INVALID_MEMORY);
    }
  }
}
