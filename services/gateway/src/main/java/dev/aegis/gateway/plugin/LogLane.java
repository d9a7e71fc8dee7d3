package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Request;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells one filter of requests that have ended, in their order and apart from them: neither a
 * request nor another filter waits for it. What it has no room for is counted as a failure and
 * forgotten.
 */
final class LogLane {
  private static final int ROOM = 1024;

  private final Link link;
  private final BlockingQueue<Told> waiting = new ArrayBlockingQueue<>(ROOM);
  private final AtomicBoolean telling = new AtomicBoolean();

  private record Told(Request request, Ended ended) {}

  LogLane(Link link) {
    this.link = link;
  }

  void tell(Request request, Ended ended) {
    if (!waiting.offer(new Told(request, ended))) {
      PluginFailed _ = link.missed(Phase.LOG, "more requests end than it takes note of");
    } else {
      begin();
    }
  }

  private void begin() {
    if (telling.compareAndSet(false, true)) {
      Thread.ofVirtual().name("plugin-log").start(this::run);
    }
  }

  private void run() {
    try {
      for (Told next = waiting.poll(); next != null; next = waiting.poll()) {
        Told told = next;
        try {
          link.call(
              Phase.LOG,
              Filter.Recording.class,
              filter -> {
                filter.record(told.request(), told.ended());
                return true;
              });
        } catch (PluginFailed e) {
          // The link has told of it; the request has ended long since, and the next is waiting.
        }
      }
    } finally {
      telling.set(false);
    }
    if (!waiting.isEmpty()) {
      begin(); // it came between the last look and the end
    }
  }
}
