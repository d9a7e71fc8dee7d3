package dev.aegis.plugins.wasm;

import java.util.Map;

/**
 * What of WASI preview 1 the languages of modules want to begin with: time, randomness, and where
 * they write their last words. There are no arguments, no environment and no files.
 */
final class Wasi {
  private static final int BAD_DESCRIPTOR = 8;
  private static final int NOT_OFFERED = 52;
  private static final int MOST_PIECES = 64;
  private static final int ERROR_OUTPUT = 2;

  static final Map<String, HostCall> CALLS =
      Map.of(
          "args_sizes_get", HostCall.of("ii", Wasi::none),
          "args_get", HostCall.of("ii", (vm, guest, given) -> 0),
          "environ_sizes_get", HostCall.of("ii", Wasi::none),
          "environ_get", HostCall.of("ii", (vm, guest, given) -> 0),
          "clock_time_get", HostCall.of("iIi", Wasi::time),
          "random_get", HostCall.of("ii", Wasi::random),
          "fd_write", HostCall.of("iiii", Wasi::write),
          "sched_yield", HostCall.of("", (vm, guest, given) -> 0),
          "proc_exit", HostCall.silent("i", Wasi::exit));

  private Wasi() {}

  /** What a call that is not offered answers. */
  static int notOffered(String name) {
    return name.startsWith("fd_") || name.startsWith("path_") ? BAD_DESCRIPTOR : NOT_OFFERED;
  }

  private static int none(Vm vm, Guest guest, long[] given) {
    guest.put(given[0], 0);
    guest.put(given[1], 0);
    return 0;
  }

  private static int time(Vm vm, Guest guest, long[] given) {
    guest.put(given[2], HostCalls.now());
    return 0;
  }

  private static int random(Vm vm, Guest guest, long[] given) {
    int length = (int) given[1];
    if (length < 0 || length > Guest.MOST_TEXT) {
      return NOT_OFFERED;
    }
    guest.put(given[0], vm.realm().random(length));
    return 0;
  }

  private static int write(Vm vm, Guest guest, long[] given) {
    if (given[0] < 1 || given[0] > ERROR_OUTPUT) {
      return BAD_DESCRIPTOR;
    }
    if (given[2] < 0 || given[2] > MOST_PIECES) {
      return NOT_OFFERED;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < (int) given[2]; i++) {
      long at = given[1] + 8L * i;
      text.append(guest.text(guest.number(at), guest.number(at + 4)));
    }
    vm.realm().log().say(given[0] == 1 ? "output" : "error", text.toString());
    guest.put(given[3], text.length());
    return 0;
  }

  private static int exit(Vm vm, Guest guest, long[] given) {
    throw new IllegalStateException("it ended itself with " + (int) given[0]);
  }
}
