package dev.aegis.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The operating system's resolver, kept from holding up anyone but the caller who asked.
 *
 * <p>A look-up is a native call: it cannot be interrupted and it pins a virtual thread's carrier.
 * So look-ups run on a bounded number of platform threads, one per host at a time, and a host whose
 * name servers are silent holds one of them and no more.
 */
public final class SystemResolver implements Resolver, AutoCloseable {
  private static final int MAX_LOOKUPS = 64;

  private final ConcurrentMap<String, FutureTask<List<InetAddress>>> running =
      new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MAX_LOOKUPS,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("egress-dns-", 0).factory());

  @Override
  public List<InetAddress> resolve(String host, Duration limit)
      throws UnknownHostException, InterruptedException {
    FutureTask<List<InetAddress>> own =
        new FutureTask<>(() -> List.of(InetAddress.getAllByName(host)));
    FutureTask<List<InetAddress>> lookup = running.putIfAbsent(host, own);
    if (lookup == null) {
      lookup = own;
      try {
        threads.execute(
            () -> {
              try {
                own.run();
              } finally {
                running.remove(host, own);
              }
            });
      } catch (RejectedExecutionException e) {
        running.remove(host, own);
        own.cancel(false);
        throw unknown(host, "too many look-ups are waiting for their name servers");
      }
    }
    try {
      return lookup.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw unknown(host, "no name server answered in time");
    } catch (CancellationException e) {
      throw unknown(host, "too many look-ups are waiting for their name servers");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException cause) {
        throw cause;
      }
      throw new IllegalStateException("The look-up of a host failed", e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private static UnknownHostException unknown(String host, String why) {
    return new UnknownHostException(host + ": " + why);
  }
}
