package dev.aegis.plugins.wasm;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.TableInstance;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.Table;
import dev.aegis.plugins.NotCalled;
import dev.aegis.plugins.Ongoing;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a module, with the requests that it has seen the beginning of. It does one thing
 * at a time, for whoever holds its lock. One call that fails ends it: nobody knows in what state
 * its memory was left.
 */
final class Vm {
  private static final int ROOT = 1;
  private static final int ROOM = 400;

  private final ReentrantLock lock = new ReentrantLock();
  private final Code code;
  private final Realm realm;
  private final Map<Integer, Stream> streams = new HashMap<>();
  private final Map<String, ExportFunction> exports = new HashMap<>();
  private final Queue<Stream> forgotten = new ConcurrentLinkedQueue<>();
  private @Nullable Instance instance;
  private @Nullable Guest guest;
  private int next = ROOT + 1;
  private int effective = ROOT;
  private long tickNanos;
  private long ticked;
  private long charged;
  private volatile boolean dead;

  private Vm(Code code, Realm realm) {
    this.code = code;
    this.realm = realm;
  }

  /**
   * Begins one.
   *
   * @throws IllegalArgumentException if the module does not want to
   */
  static Vm begin(Code code, Realm realm) {
    Vm vm = new Vm(code, realm);
    boolean began = false;
    try {
      vm.begin();
      began = true;
    } finally {
      if (!began) {
        vm.end();
      }
    }
    return vm;
  }

  private void begin() {
    charge(code.program().pages());
    int most = realm.terms().pages();
    instance =
        Instance.builder(code.program().module())
            .withMachineFactory(code.machine())
            .withMemoryLimits(new MemoryLimits(code.program().pages(), most))
            .withMemoryFactory(ByteArrayMemory::new)
            .withTableFactory(FixedTable::new)
            .withImportValues(imports())
            .withStart(false)
            .build();
    if (code.program().parameters().containsKey("_initialize")) {
      call(ROOT, "_initialize");
    } else {
      call(ROOT, "_start");
    }
    call(ROOT, "proxy_on_context_create", ROOT, 0);
    if (offers("proxy_on_vm_start") && call(ROOT, "proxy_on_vm_start", ROOT, 0) == 0) {
      throw new IllegalArgumentException("its proxy_on_vm_start says no");
    }
    int length = realm.configuration().length;
    if (offers("proxy_on_configure") && call(ROOT, "proxy_on_configure", ROOT, length) == 0) {
      throw new IllegalArgumentException("its proxy_on_configure says no to the configuration");
    }
  }

  /** A table that does not grow, so that nobody else who has the same module sees it grow. */
  private static final class FixedTable extends TableInstance {
    FixedTable(Table table, int initialValue) {
      super(table, initialValue);
    }

    @Override
    public int grow(int size, int value, Instance by) {
      return size == 0 ? size() : -1;
    }
  }

  private ImportValues imports() {
    ImportValues.Builder values = ImportValues.builder();
    for (Program.Wanted each : code.program().wanted()) {
      HostCall call = HostCalls.find(each.module(), each.name());
      values.addFunction(
          new HostFunction(
              each.module(),
              each.name(),
              each.type(),
              (of, given) -> call == null ? refused(each) : answer(call, of, given)));
    }
    return values.build();
  }

  private static long[] refused(Program.Wanted call) {
    return new long[] {
      call.module().equals("env") ? Status.UNIMPLEMENTED : Wasi.notOffered(call.name())
    };
  }

  private long[] answer(HostCall call, Instance of, long[] given) {
    int _ = room(ROOM);
    int status;
    try {
      status = call.body().call(this, guest(of), given);
    } catch (Status.Fault e) {
      status = e.status();
    }
    return call.type().returns().isEmpty() ? new long[0] : new long[] {status};
  }

  /**
   * Makes sure that the stack has room for a call of the host's. A module that ran it full would
   * else have it overflow in the middle of anything, such as the beginning of a class, which the
   * JVM does not try a second time.
   */
  private static int room(int calls) {
    return calls == 0 ? 0 : room(calls - 1) + 1;
  }

  private Guest guest(Instance of) {
    Guest known = guest == null ? new Guest(of, code.program().allocator()) : guest;
    guest = known;
    return known;
  }

  /** Waits until nobody else uses it. */
  void take() {
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotCalled("its instance was busy for too long");
    }
  }

  /** Whether nobody used it, and now the caller does. */
  boolean takeIfFree() {
    return lock.tryLock();
  }

  void leave() {
    lock.unlock();
  }

  /** Whether it cannot be called any more. */
  boolean dead() {
    return dead;
  }

  /** It is not called any more. */
  void end() {
    dead = true;
    streams.clear();
    instance = null; // requests that are under way hold this, and with it the module's memory
    guest = null;
    exports.clear();
    boolean _ = realm.memory().take(-charged);
    charged = 0;
  }

  Realm realm() {
    return realm;
  }

  private boolean offers(String name) {
    return code.program().parameters().containsKey(name);
  }

  /** Begins a stream for a request. */
  Stream open(Ongoing request) {
    tick();
    for (Stream lost = forgotten.poll(); lost != null; lost = forgotten.poll()) {
      close(lost);
    }
    Stream stream = new Stream(next, request);
    next = next == Integer.MAX_VALUE ? ROOT + 1 : next + 1;
    streams.put(stream.id(), stream);
    call(stream.id(), "proxy_on_context_create", stream.id(), ROOT);
    return stream;
  }

  /** The stream is over for all others; called by anybody. */
  void forget(Stream stream) {
    boolean _ = forgotten.add(stream);
  }

  /** The stream is over. */
  void close(Stream stream) {
    if (!dead && streams.containsKey(stream.id())) {
      call(stream.id(), "proxy_on_done", stream.id());
      if (stream.ended() != null) {
        call(stream.id(), "proxy_on_log", stream.id());
      }
      call(stream.id(), "proxy_on_delete", stream.id());
      streams.remove(stream.id());
    }
  }

  /** Calls a function of the module's for a stream; 0 if it has none of this name. */
  int call(Stream stream, String name, int... given) {
    int[] all = new int[given.length + 1];
    all[0] = stream.id();
    System.arraycopy(given, 0, all, 1, given.length);
    return call(stream.id(), name, all);
  }

  private int call(int context, String name, int... given) {
    Integer parameters = code.program().parameters().get(name);
    Instance of = instance;
    if (dead) {
      throw new NotCalled("its instance has failed meanwhile");
    }
    if (parameters == null || of == null) {
      return 0;
    }
    long[] values = new long[parameters];
    for (int i = 0; i < Math.min(parameters, given.length); i++) {
      values[i] = given[i];
    }
    effective = context;
    boolean ended = false;
    try {
      long[] result = exports.computeIfAbsent(name, of::export).apply(values);
      charge(of.memory().pages() - charged);
      ended = true;
      return result == null || result.length == 0 ? 0 : (int) result[0];
    } finally {
      if (!ended) {
        end();
      }
    }
  }

  private void charge(long more) {
    if (more != 0) {
      if (!realm.memory().take(more)) {
        throw new IllegalStateException("the modules of its tenant have no memory left");
      }
      charged += more;
    }
  }

  /** Has the module's timer called, at the earliest with the next request. */
  void tickEvery(int milliseconds) {
    tickNanos = Math.max(0, milliseconds) * 1_000_000L;
    ticked = System.nanoTime();
  }

  private void tick() {
    if (tickNanos > 0 && System.nanoTime() - ticked >= tickNanos) {
      ticked = System.nanoTime();
      call(ROOT, "proxy_on_tick", ROOT);
    }
  }

  /** What the module does from now on is for this stream, or for none. */
  int turnTo(int context) {
    if (context != ROOT && !streams.containsKey(context)) {
      return Status.BAD_ARGUMENT;
    }
    effective = context;
    return Status.OK;
  }

  /** Whether what it does now is for a request. */
  boolean serving() {
    return streams.containsKey(effective);
  }

  /** The stream that it does something for. */
  Stream stream() {
    Stream stream = streams.get(effective);
    if (stream == null) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return stream;
  }
}
