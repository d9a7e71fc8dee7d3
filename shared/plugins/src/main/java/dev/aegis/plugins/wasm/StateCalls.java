package dev.aegis.plugins.wasm;

import java.util.Map;

/** What modules may import about properties, shared data and metrics. */
final class StateCalls {
  private static final int MOST_PROPERTY = 4_096;

  private StateCalls() {}

  static void addTo(Map<String, HostCall> calls) {
    calls.put("proxy_get_property", HostCall.of("iiii", StateCalls::property));
    calls.put("proxy_set_property", HostCall.of("iiii", StateCalls::setProperty));
    calls.put("proxy_get_shared_data", HostCall.of("iiiii", StateCalls::shared));
    calls.put("proxy_set_shared_data", HostCall.of("iiiii", StateCalls::setShared));
    calls.put("proxy_define_metric", HostCall.of("iiii", StateCalls::define));
    calls.put("proxy_increment_metric", HostCall.of("iI", StateCalls::increment));
    calls.put("proxy_record_metric", HostCall.of("iI", StateCalls::record));
    calls.put("proxy_get_metric", HostCall.of("ii", StateCalls::value));
  }

  private static int property(Vm vm, Guest guest, long[] given) {
    byte[] value = Properties.find(vm, guest.text(given[0], given[1]));
    if (value == null) {
      return Status.NOT_FOUND;
    }
    guest.give(value, given[2], given[3]);
    return Status.OK;
  }

  private static int setProperty(Vm vm, Guest guest, long[] given) {
    String path = guest.text(given[0], given[1]);
    if (path.length() > MOST_PROPERTY) {
      return Status.BAD_ARGUMENT;
    }
    vm.stream().property(path, guest.bytes(given[2], given[3], MOST_PROPERTY));
    return Status.OK;
  }

  private static int shared(Vm vm, Guest guest, long[] given) {
    SharedData.Kept kept = vm.realm().data().get(guest.text(given[0], given[1]));
    guest.give(kept.value(), given[2], given[3]);
    guest.put(given[4], kept.cas());
    return Status.OK;
  }

  private static int setShared(Vm vm, Guest guest, long[] given) {
    byte[] value = guest.bytes(given[2], given[3], Guest.MOST_TEXT);
    vm.realm().data().set(guest.text(given[0], given[1]), value, (int) given[4]);
    return Status.OK;
  }

  private static int define(Vm vm, Guest guest, long[] given) {
    String name = guest.text(given[1], given[2]);
    guest.put(given[3], vm.realm().counts().define((int) given[0], name));
    return Status.OK;
  }

  private static int increment(Vm vm, Guest guest, long[] given) {
    vm.realm().counts().increment((int) given[0], given[1]);
    return Status.OK;
  }

  private static int record(Vm vm, Guest guest, long[] given) {
    vm.realm().counts().record((int) given[0], given[1]);
    return Status.OK;
  }

  private static int value(Vm vm, Guest guest, long[] given) {
    guest.put(given[1], vm.realm().counts().value((int) given[0]));
    return Status.OK;
  }
}
