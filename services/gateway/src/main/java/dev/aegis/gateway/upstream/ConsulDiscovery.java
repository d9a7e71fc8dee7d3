package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kiwiproject.consul.Consul;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.HealthClient;
import org.kiwiproject.consul.model.ConsulResponse;
import org.kiwiproject.consul.model.health.ServiceHealth;
import org.kiwiproject.consul.option.ImmutableQueryOptions;
import org.kiwiproject.consul.option.QueryOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery by Consul's blocking queries, one per service, each on a virtual thread. The last known
 * targets stay when Consul is away: only a good answer, an empty one included, replaces them.
 *
 * <p>Index handling follows Consul's page on blocking queries: an index that goes backwards is
 * begun anew, an index below 1 never blocks. An empty answer that comes first, or with an index
 * that goes backwards, is doubted for a while: a Consul that has just elected its leader gives one
 * before it has read its own data.
 */
public final class ConsulDiscovery implements Discovery {
  private static final Logger LOG = LoggerFactory.getLogger(ConsulDiscovery.class);
  private static final String WAIT = "50s";
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(70);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration DOUBT = Duration.ofSeconds(10);

  private final Consul consul;
  private final HealthClient health;
  private final TargetsFile file;
  private final Duration doubt;
  private final Map<String, Watch> watches = new ConcurrentHashMap<>();
  private volatile boolean connected;

  /**
   * @param url of the agent's HTTP API
   * @param file where the last known targets outlive this process
   */
  public ConsulDiscovery(String url, TargetsFile file) {
    this(url, file, DOUBT);
  }

  /**
   * @param doubt how long a doubtful empty answer must last to be believed
   */
  ConsulDiscovery(String url, TargetsFile file, Duration doubt) {
    this.doubt = doubt;
    this.consul =
        Consul.builder()
            .withUrl(url)
            .withPing(false)
            .withConnectTimeoutMillis(2_000)
            .withReadTimeoutMillis(READ_TIMEOUT.toMillis())
            .build();
    this.health = consul.healthClient();
    this.file = file;
  }

  @Override
  public void follow(String service, Upstream upstream) {
    watches.computeIfAbsent(service, Watch::new).add(upstream);
  }

  @Override
  public void unfollow(String service, Upstream upstream) {
    watches.computeIfPresent(service, (name, watch) -> watch.remove(upstream) ? null : watch);
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void close() {
    watches.values().forEach(Watch::stop);
    consul.destroy();
  }

  /** One service, and who wants to know of it. */
  private final class Watch {
    private final String service;
    private final Set<Upstream> upstreams = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile List<UpstreamDefinition.Target> targets;
    private BigInteger index = BigInteger.ZERO;

    /** Index of the last answer that was believed, 0 before the first. */
    private BigInteger believed = BigInteger.ZERO;

    private boolean doubting;
    private long doubtedSince;

    Watch(String service) {
      this.service = service;
      this.targets = file.load(service);
      this.thread = Thread.ofVirtual().name("consul-" + service).start(this::run);
    }

    synchronized void add(Upstream upstream) {
      upstreams.add(upstream);
      upstream.targets(targets);
    }

    /** Returns whether nobody is left. From then on {@code upstream} hears nothing any more. */
    synchronized boolean remove(Upstream upstream) {
      upstreams.remove(upstream);
      if (upstreams.isEmpty()) {
        stop();
        return true;
      }
      return false;
    }

    void stop() {
      ended.countDown();
      thread.interrupt();
    }

    private void run() {
      Duration pause = Duration.ofMillis(100);
      while (ended.getCount() > 0) {
        try {
          ConsulResponse<List<ServiceHealth>> answer =
              health.getHealthyServiceInstances(service, options());
          pause = Duration.ofMillis(100);
          if (!take(answer) && !rest(pause)) {
            return;
          }
        } catch (ConsulException e) {
          if (ended.getCount() == 0) {
            return;
          }
          index = BigInteger.ZERO;
          if (connected) {
            connected = false;
            LOG.warn(
                "Consul does not answer, going on with the last known targets: {}", e.getMessage());
          }
          if (!rest(pause)) {
            return;
          }
          Duration longer = pause.multipliedBy(2);
          pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
        }
      }
    }

    private QueryOptions options() {
      return index.signum() <= 0
          ? ImmutableQueryOptions.builder().build()
          : ImmutableQueryOptions.builder().index(index).wait(WAIT).build();
    }

    /** Goes by an answer; false when it is doubted, and has to be asked for again. */
    private synchronized boolean take(ConsulResponse<List<ServiceHealth>> answer) {
      if (!connected) {
        connected = true;
        LOG.info("Consul answers");
      }
      @Nullable BigInteger given = answer.getIndex();
      BigInteger next = given == null ? BigInteger.ZERO : given;
      List<UpstreamDefinition.Target> newer = targets(answer.getResponse());
      if (newer.isEmpty() && !targets.isEmpty() && doubtful(next)) {
        index = BigInteger.ZERO;
        return false;
      }
      doubting = false;
      index = next.compareTo(index) < 0 ? BigInteger.ZERO : next;
      believed = next;
      if (newer.equals(targets)) {
        return true;
      }
      targets = newer;
      for (Upstream upstream : upstreams) {
        upstream.targets(newer);
      }
      file.save(service, newer);
      LOG.info("{} has {} healthy instances", service, newer.size());
      return true;
    }

    private boolean doubtful(BigInteger next) {
      if (believed.signum() > 0 && next.compareTo(believed) >= 0) {
        return false;
      }
      long now = System.nanoTime();
      if (!doubting) {
        doubting = true;
        doubtedSince = now;
        LOG.warn(
            "Consul says that {} has no instances, which it may not know yet: doubted", service);
      }
      return now - doubtedSince < doubt.toNanos();
    }

    private boolean rest(Duration pause) {
      try {
        return !ended.await(pause.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    }
  }

  private static List<UpstreamDefinition.Target> targets(List<ServiceHealth> instances) {
    List<UpstreamDefinition.Target> targets = new ArrayList<>();
    for (ServiceHealth instance : instances) {
      String address = instance.getService().getAddress();
      String host = address.isEmpty() ? instance.getNode().getAddress() : address;
      targets.add(new UpstreamDefinition.Target(host, instance.getService().getPort(), 1));
    }
    targets.sort(Comparator.comparing(UpstreamDefinition.Target::authority));
    return List.copyOf(targets);
  }
}
