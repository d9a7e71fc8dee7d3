package dev.aegis.plugins.wasm;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What modules may import about headers. Of trailers there are never any. */
final class HeaderCalls {
  private static final int MOST_WRITTEN = 256 * 1024;
  private static final int MOST_TYPE = 7;
  private static final HeaderView NONE = new HeaderView(List.of());

  private HeaderCalls() {}

  static void addTo(Map<String, HostCall> calls) {
    calls.put("proxy_get_header_map_value", HostCall.of("iiiii", HeaderCalls::first));
    calls.put("proxy_get_header_map_pairs", HostCall.of("iii", HeaderCalls::all));
    calls.put("proxy_get_header_map_size", HostCall.of("ii", HeaderCalls::size));
    calls.put("proxy_add_header_map_value", HostCall.of("iiiii", HeaderCalls::add));
    calls.put("proxy_replace_header_map_value", HostCall.of("iiiii", HeaderCalls::replace));
    calls.put("proxy_remove_header_map_value", HostCall.of("iii", HeaderCalls::remove));
    calls.put("proxy_set_header_map_pairs", HostCall.of("iii", HeaderCalls::set));
  }

  private static @Nullable HeaderView found(Vm vm, long type) {
    if (type < 0 || type > MOST_TYPE) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return vm.stream().header((int) type);
  }

  private static HeaderView seen(Vm vm, long type) {
    HeaderView header = found(vm, type);
    return header == null ? NONE : header;
  }

  private static HeaderView changed(Vm vm, long type) {
    HeaderView header = found(vm, type);
    if (header == null) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return header;
  }

  private static int first(Vm vm, Guest guest, long[] given) {
    String value = seen(vm, given[0]).first(guest.text(given[1], given[2]));
    guest.give(value.getBytes(StandardCharsets.ISO_8859_1), given[3], given[4]);
    return Status.OK;
  }

  private static int all(Vm vm, Guest guest, long[] given) {
    guest.give(seen(vm, given[0]).written(), given[1], given[2]);
    return Status.OK;
  }

  private static int size(Vm vm, Guest guest, long[] given) {
    guest.put(given[1], seen(vm, given[0]).written().length);
    return Status.OK;
  }

  private static int add(Vm vm, Guest guest, long[] given) {
    String name = guest.text(given[1], given[2]);
    changed(vm, given[0]).add(name, guest.text(given[3], given[4]));
    return Status.OK;
  }

  private static int replace(Vm vm, Guest guest, long[] given) {
    HeaderView header = changed(vm, given[0]);
    String name = guest.text(given[1], given[2]);
    String value = guest.text(given[3], given[4]);
    header.remove(name);
    header.add(name, value);
    return Status.OK;
  }

  private static int remove(Vm vm, Guest guest, long[] given) {
    changed(vm, given[0]).remove(guest.text(given[1], given[2]));
    return Status.OK;
  }

  private static int set(Vm vm, Guest guest, long[] given) {
    byte[] written = guest.bytes(given[1], given[2], MOST_WRITTEN);
    changed(vm, given[0]).replaceAll(HeaderView.read(written));
    return Status.OK;
  }
}
