package dev.aegis.gateway.plugin;

import dev.aegis.gateway.plugin.PluginFailed.Says;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the calls of one filter that others wrote, on threads that are its own, and waits for them
 * no longer than they may take. Virtual threads would not do: a loop on one of them keeps the
 * processor that all requests share.
 *
 * <p>A call that takes too long, or allocates too much, is interrupted. One that does not heed that
 * cannot be ended on the JVM: its thread is left to it, and the filter is not called again. From
 * the moment that a call is cut its thread stands behind all others, and ends with the call. Few
 * calls run at once until some have ended well, so few threads can be lost.
 */
final class Guard {
  private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
  private static final int FIRST = 2;
  private static final int MOST = 16;
  private static final int PARTS_OF_HEAP = 32;

  /** Most bytes that a call allocates, but those that begin a filter. */
  static final long MOST_ALLOCATED =
      Math.clamp(Runtime.getRuntime().maxMemory() / PARTS_OF_HEAP, 8L << 20, 64L << 20);

  private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();
  private static final long HEED_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final com.sun.management.@Nullable ThreadMXBean THREADS =
      ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean known
          ? known
          : null;

  private final long budgetNanos;
  private final long mostAllocated;
  private final Semaphore permits = new Semaphore(FIRST);
  private final AtomicInteger issued = new AtomicInteger(FIRST);
  private final Queue<Call<?>> cut = new ConcurrentLinkedQueue<>();
  private final ThreadPoolExecutor threads;

  /**
   * @param name of its threads
   * @param mostAllocated bytes that one call may allocate
   */
  Guard(String name, Duration budget, long mostAllocated) {
    this.budgetNanos = budget.toNanos();
    this.mostAllocated = mostAllocated;
    this.threads =
        new ThreadPoolExecutor(
            0,
            MOST,
            IDLE.toMillis(),
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform()
                .daemon()
                .inheritInheritableThreadLocals(false)
                .name(name)
                .uncaughtExceptionHandler(Guard::ended)
                .factory());
  }

  private static void ended(Thread thread, Throwable why) {
    if (!(why instanceof Cut)) {
      LOG.error("A thread of plugins failed", why);
    }
  }

  /** Lets the threads end that have nothing to do. */
  Runnable end() {
    return threads::shutdown;
  }

  /** Runs a call and waits for what comes of it, blocking. */
  <T> T run(ClassLoader loader, Callable<T> body) throws PluginFailed {
    long end = System.nanoTime() + budgetNanos;
    lookAfterCut();
    try {
      if (!permits.tryAcquire(budgetNanos, TimeUnit.NANOSECONDS)) {
        throw new PluginFailed("all its calls are still under way", Says.NOTHING);
      }
      Call<T> call = new Call<>(body, loader);
      try {
        threads.execute(call);
      } catch (RejectedExecutionException e) {
        permits.release();
        throw new PluginFailed("all its threads are still busy", Says.NOTHING);
      }
      return await(call, end);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PluginFailed("the request was interrupted", Says.NOTHING);
    }
  }

  private <T> T await(Call<T> call, long end) throws PluginFailed, InterruptedException {
    while (true) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw cut(call, "it took longer than " + budgetNanos / 1_000_000 + " ms");
      }
      try {
        T result = call.task.get(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS);
        if (issued.get() < MOST && issued.incrementAndGet() <= MOST) {
          permits.release();
        }
        return result;
      } catch (TimeoutException e) {
        if (call.allocated() > mostAllocated) {
          throw cut(call, "it allocated more than " + (mostAllocated >> 20) + " MiB");
        }
      } catch (ExecutionException e) {
        throw PluginFailed.threw(e.getCause() == null ? e : e.getCause());
      } catch (CancellationException e) {
        throw new PluginFailed("it was interrupted", Says.BAD);
      }
    }
  }

  private PluginFailed cut(Call<?> call, String why) {
    call.cut();
    cut.add(call);
    call.task.cancel(true);
    return new PluginFailed(why, Says.BAD);
  }

  /** Nothing more is begun while a call that was cut does not come back. */
  private void lookAfterCut() throws PluginFailed {
    cut.removeIf(call -> call.ended);
    Call<?> first = cut.peek();
    if (first != null) {
      throw new PluginFailed(
          "a call that was interrupted has not ended",
          System.nanoTime() - first.cutAt() > HEED_NANOS ? Says.LOST : Says.NOTHING);
    }
  }

  /** Ends the thread of a call that was cut: a nice value cannot be taken back. */
  private static final class Cut extends RuntimeException {
    private static final long serialVersionUID = 1;

    Cut() {
      super("a call was cut", null, false, false);
    }
  }

  private final class Call<T> implements Runnable {
    private final FutureTask<T> task;
    private final ClassLoader loader;
    private volatile boolean ended;
    private volatile long thread = -1;
    private volatile long before;
    private int number;
    private long cutAt;

    Call(Callable<T> body, ClassLoader loader) {
      this.task = new FutureTask<>(body);
      this.loader = loader;
    }

    @Override
    public void run() {
      Thread current = Thread.currentThread();
      ClassLoader usual = current.getContextClassLoader();
      current.setContextClassLoader(loader);
      before = THREADS == null ? 0 : THREADS.getThreadAllocatedBytes(current.threadId());
      thread = current.threadId();
      synchronized (this) {
        number = Niceness.thread();
      }
      try {
        task.run();
      } finally {
        current.setContextClassLoader(usual);
        permits.release();
      }
      if (end()) {
        throw new Cut();
      }
    }

    /** Nobody waits for it any more, so its thread is not to get in others' way. */
    synchronized void cut() {
      cutAt = System.nanoTime();
      if (!ended) {
        Niceness.last(number);
      }
    }

    /** Whether it was cut before it ended. */
    private synchronized boolean end() {
      ended = true;
      return cutAt != 0;
    }

    synchronized long cutAt() {
      return cutAt;
    }

    long allocated() {
      long id = thread;
      return THREADS == null || id < 0 || ended ? 0 : THREADS.getThreadAllocatedBytes(id) - before;
    }
  }
}
