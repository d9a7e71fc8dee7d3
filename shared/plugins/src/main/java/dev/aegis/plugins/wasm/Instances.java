package dev.aegis.plugins.wasm;

import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Request;
import dev.aegis.plugins.NotCalled;
import dev.aegis.plugins.Ongoing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The instances of one filter: another one is begun when all are busy, up to a few. A request stays
 * with the one that it began with.
 */
final class Instances {
  private static final int MOST = 4;
  private static final int MOST_STREAMS = 4_096;

  private final Code code;
  private final Realm realm;
  private final List<Vm> all = new CopyOnWriteArrayList<>();
  private final ReentrantLock beginning = new ReentrantLock();
  private final Places places = new Places();

  /** Where a request is. */
  private record Place(Vm vm, Stream stream) {}

  /** The requests that are under way, by their tickets. The eldest goes when there are too many. */
  private static final class Places extends LinkedHashMap<Object, Place> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Object, Place> eldest) {
      boolean goes = size() > MOST_STREAMS;
      if (goes) {
        eldest.getValue().vm().forget(eldest.getValue().stream());
      }
      return goes;
    }
  }

  /** An instance that one caller has, for one request. */
  record Held(Vm vm, Stream stream) implements AutoCloseable {
    /** What the module's function answers, 0 if there is none. */
    int call(String name, int... given) {
      return vm.call(stream, name, given);
    }

    @Override
    public void close() {
      vm.leave();
    }
  }

  Instances(Code code, Realm realm) {
    this.code = code;
    this.realm = realm;
  }

  /** Begins the first one. */
  void begin() {
    all.add(Vm.begin(code, realm));
  }

  /** An instance for a request that begins. */
  Held open(Request request) {
    Ongoing ongoing = ongoing(request);
    Vm vm = free(ongoing.ticket().hashCode());
    boolean opened = false;
    try {
      Stream stream = vm.open(ongoing);
      synchronized (places) {
        places.put(ongoing.ticket(), new Place(vm, stream));
      }
      opened = true;
      return new Held(vm, stream);
    } finally {
      if (!opened) {
        vm.leave();
      }
    }
  }

  private static Ongoing ongoing(Request request) {
    if (request instanceof Ongoing ongoing) {
      return ongoing;
    }
    throw new IllegalArgumentException("only the gateway has requests for modules");
  }

  /** One that is taken. */
  private Vm free(int any) {
    while (true) {
      all.removeIf(Vm::dead);
      for (Vm vm : all) {
        if (vm.takeIfFree()) {
          if (!vm.dead()) {
            return vm;
          }
          vm.leave();
        }
      }
      Vm taken = all.size() < MOST ? begun() : null;
      if (taken != null) {
        return taken;
      }
      List<Vm> busy = List.copyOf(all);
      if (!busy.isEmpty()) {
        Vm vm = busy.get(Math.floorMod(any, busy.size()));
        vm.take();
        if (!vm.dead()) {
          return vm;
        }
        vm.leave();
      }
    }
  }

  /** Another one; null if there are some, and somebody else begins one. */
  private @Nullable Vm begun() {
    if (!beginning.tryLock()) {
      if (!all.isEmpty()) {
        return null;
      }
      try {
        beginning.lockInterruptibly();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NotCalled("its instance took too long to begin");
      }
    }
    try {
      Vm vm = Vm.begin(code, realm);
      vm.take();
      all.add(vm);
      return vm;
    } finally {
      beginning.unlock();
    }
  }

  /** The instance that a request began with. */
  Held take(Request request) {
    return take(place(request));
  }

  /**
   * Looks whether there still is one.
   *
   * @throws NotCalled if there is none, while the request can still go on without it
   */
  void check(Request request) {
    Place place = place(request);
    if (place == null || place.vm().dead()) {
      throw new NotCalled("it knows nothing of the request any more");
    }
  }

  private @Nullable Place place(Request request) {
    synchronized (places) {
      return places.get(ongoing(request).ticket());
    }
  }

  private static Held take(@Nullable Place place) {
    if (place == null) {
      throw new NotCalled("it knows nothing of the request");
    }
    place.vm().take();
    if (place.vm().dead()) {
      place.vm().leave();
      throw new NotCalled("its instance has failed meanwhile");
    }
    return new Held(place.vm(), place.stream());
  }

  /** The request has ended, whether or not the module has heard of it. */
  void close(Request request, Ended ended) {
    Place place;
    synchronized (places) {
      place = places.remove(ongoing(request).ticket());
    }
    if (place == null) {
      return;
    }
    try (Held held = take(place)) {
      held.stream().ended(ended);
      held.vm().close(held.stream());
    } catch (NotCalled e) {
      place.vm().forget(place.stream()); // its next request tells it
      throw e;
    }
  }
}
