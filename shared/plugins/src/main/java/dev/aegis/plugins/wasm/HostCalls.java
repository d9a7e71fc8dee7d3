package dev.aegis.plugins.wasm;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What modules may import: proxy-wasm 0.2.1 and what of WASI their languages want, but nothing that
 * reaches a network or a file. What is not offered answers that it is not.
 */
final class HostCalls {
  private static final int MOST_BODY = 16 * 1024 * 1024;
  private static final int VM_CONFIGURATION = 6;
  private static final int PLUGIN_CONFIGURATION = 7;
  private static final String[] LEVELS = {"trace", "debug", "info", "warn", "error", "critical"};

  /** Calls of the ABI that are answered, but do nothing here. */
  private static final Set<String> NOT_OFFERED =
      Set.of(
          "proxy_register_shared_queue",
          "proxy_dequeue_shared_queue",
          "proxy_enqueue_shared_queue",
          "proxy_grpc_call",
          "proxy_grpc_stream",
          "proxy_grpc_cancel",
          "proxy_grpc_close",
          "proxy_grpc_send",
          "proxy_get_status",
          "proxy_close_stream");

  private static final Map<String, HostCall> ENV = env();

  private HostCalls() {}

  /** The function of this name, or null. */
  static @Nullable HostCall find(String module, String name) {
    return switch (module) {
      case "env" -> ENV.get(name);
      case "wasi_snapshot_preview1", "wasi_unstable" -> Wasi.CALLS.get(name);
      default -> null;
    };
  }

  /** Whether it is answered, with any parameters, that it is not offered. */
  static boolean notOffered(String module, String name) {
    return switch (module) {
      case "env" -> NOT_OFFERED.contains(name);
      case "wasi_snapshot_preview1", "wasi_unstable" -> true;
      default -> false;
    };
  }

  private static Map<String, HostCall> env() {
    Map<String, HostCall> calls = new HashMap<>();
    calls.put("proxy_log", HostCall.of("iii", HostCalls::log));
    calls.put("proxy_get_log_level", HostCall.of("i", HostCalls::logLevel));
    calls.put("proxy_get_current_time_nanoseconds", HostCall.of("i", HostCalls::time));
    calls.put(
        "proxy_set_tick_period_milliseconds",
        HostCall.of(
            "i",
            (vm, guest, given) -> {
              vm.tickEvery((int) given[0]);
              return Status.OK;
            }));
    calls.put(
        "proxy_set_effective_context",
        HostCall.of("i", (vm, guest, given) -> vm.turnTo((int) given[0])));
    calls.put("proxy_done", HostCall.of("", (vm, guest, given) -> Status.OK));
    // Nothing is held back that could be continued, and no route is chosen again.
    calls.put("proxy_continue_stream", HostCall.of("i", (vm, guest, given) -> Status.OK));
    calls.put("proxy_continue_request", HostCall.of("", (vm, guest, given) -> Status.OK));
    calls.put("proxy_continue_response", HostCall.of("", (vm, guest, given) -> Status.OK));
    calls.put("proxy_clear_route_cache", HostCall.of("", (vm, guest, given) -> Status.OK));
    calls.put("proxy_send_local_response", HostCall.of("iiiiiiii", HostCalls::refuse));
    calls.put("proxy_get_buffer_bytes", HostCall.of("iiiii", HostCalls::body));
    calls.put("proxy_get_buffer_status", HostCall.of("iii", HostCalls::bodySize));
    calls.put("proxy_set_buffer_bytes", HostCall.of("iiiii", HostCalls::setBody));
    // As a host does that knows no cluster, no queue and no function of that name.
    calls.put("proxy_http_call", HostCall.of("iiiiiiiiii", (vm, guest, given) -> 2));
    calls.put("proxy_resolve_shared_queue", HostCall.of("iiiii", (vm, guest, given) -> 1));
    calls.put("proxy_call_foreign_function", HostCall.of("iiiiii", (vm, guest, given) -> 1));
    calls.put("abort", HostCall.silent("iiii", HostCalls::abort));
    calls.put("emscripten_notify_memory_growth", HostCall.silent("i", (vm, guest, given) -> 0));
    HeaderCalls.addTo(calls);
    StateCalls.addTo(calls);
    return Map.copyOf(calls);
  }

  private static int log(Vm vm, Guest guest, long[] given) {
    int level = (int) given[0];
    if (level < 0 || level >= LEVELS.length) {
      return Status.BAD_ARGUMENT;
    }
    if (vm.realm().log().on()) {
      vm.realm().log().say(LEVELS[level], guest.text(given[1], given[2]));
    }
    return Status.OK;
  }

  private static int logLevel(Vm vm, Guest guest, long[] given) {
    guest.put(given[0], vm.realm().log().on() ? 0 : LEVELS.length - 1);
    return Status.OK;
  }

  private static int time(Vm vm, Guest guest, long[] given) {
    guest.put(given[0], now());
    return Status.OK;
  }

  /** Nanoseconds since 1970, as precise as the system's clock. */
  static long now() {
    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  }

  private static int refuse(Vm vm, Guest guest, long[] given) {
    byte[] body = guest.bytes(given[3], given[4], Guest.MOST_TEXT);
    vm.stream().refuse((int) given[0], body);
    return Status.OK;
  }

  private static int body(Vm vm, Guest guest, long[] given) {
    Piece piece = piece(vm, (int) given[0]);
    byte[] part = piece.part((int) given[1], (int) given[2]);
    if (part.length > 0) { // else nothing is written, as Envoy does
      guest.give(part, given[3], given[4]);
    }
    return Status.OK;
  }

  private static int bodySize(Vm vm, Guest guest, long[] given) {
    guest.put(given[1], piece(vm, (int) given[0]).size());
    guest.put(given[2], 0);
    return Status.OK;
  }

  private static int setBody(Vm vm, Guest guest, long[] given) {
    Piece piece = vm.stream().body((int) given[0]);
    if (piece == null) {
      return Status.BAD_ARGUMENT;
    }
    piece.splice((int) given[1], (int) given[2], guest.bytes(given[3], given[4], MOST_BODY));
    return Status.OK;
  }

  private static Piece piece(Vm vm, int type) {
    Piece piece = null;
    if (type == PLUGIN_CONFIGURATION || type == VM_CONFIGURATION) {
      piece = new Piece();
      piece.add(type == PLUGIN_CONFIGURATION ? vm.realm().configuration() : new byte[0]);
    } else if (vm.serving()) {
      piece = vm.stream().body(type);
    }
    if (piece == null) {
      throw new Status.Fault(Status.NOT_FOUND);
    }
    return piece;
  }

  private static int abort(Vm vm, Guest guest, long[] given) {
    throw new IllegalStateException("it gave up");
  }
}
