package dev.aegis.gateway.upstream;

import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kiwiproject.consul.Consul;
import org.kiwiproject.consul.HealthClient;
import org.kiwiproject.consul.model.ConsulResponse;
import org.kiwiproject.consul.model.catalog.ServiceWeights;
import org.kiwiproject.consul.model.health.Service;
import org.kiwiproject.consul.model.health.ServiceHealth;
import org.kiwiproject.consul.option.ImmutableQueryOptions;
import org.kiwiproject.consul.option.QueryOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery by Consul's blocking queries, one per source, each on a virtual thread. The last known
 * targets stay when Consul is away: only a good answer, an empty one included, replaces them.
 *
 * <p>Index handling follows Consul's page on blocking queries: an index that goes backwards is
 * begun anew, an index below 1 never blocks. An empty answer that comes first, or with an index
 * that goes backwards, is doubted for a while: a Consul that has just elected its leader gives one
 * before it has read its own data.
 */
public final class ConsulDiscovery implements Discovery<TargetSource.Consul> {
  private static final Logger LOG = LoggerFactory.getLogger(ConsulDiscovery.class);
  private static final String WAIT = "50s";
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(70);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration DOUBT = Duration.ofSeconds(10);
  private static final int LAST_PORT = 65_535;

  private final ConsulAccess access;
  private final Consul consul;
  private final HealthClient health;
  private final TargetsFile file;
  private final Duration doubt;
  private final Map<TargetSource.Consul, Watch> watches = new ConcurrentHashMap<>();

  /**
   * @param access to the agent
   * @param file where the last known targets outlive this process
   */
  public ConsulDiscovery(ConsulAccess access, TargetsFile file) {
    this(access, file, DOUBT);
  }

  /**
   * @param doubt how long a doubtful empty answer must last to be believed
   */
  ConsulDiscovery(ConsulAccess access, TargetsFile file, Duration doubt) {
    this.access = access;
    this.doubt = doubt;
    this.consul =
        access
            .client()
            .withPing(false)
            .withConnectTimeoutMillis(2_000)
            .withReadTimeoutMillis(READ_TIMEOUT.toMillis())
            .build();
    this.health = consul.healthClient();
    this.file = file;
  }

  @Override
  public void follow(TargetSource.Consul source, Upstream upstream) {
    watches.computeIfAbsent(source, Watch::new).followed.add(upstream);
  }

  @Override
  public void unfollow(TargetSource.Consul source, Upstream upstream) {
    watches.computeIfPresent(
        source,
        (same, watch) -> {
          if (!watch.followed.remove(upstream)) {
            return watch;
          }
          watch.stop();
          watch.followed.end();
          return null;
        });
  }

  /** Whether any upstream has it asked. */
  public boolean asks() {
    return !watches.isEmpty();
  }

  /** Whether the agent answered any of the questions when last asked. */
  public boolean connected() {
    return watches.values().stream().anyMatch(watch -> watch.link == Link.UP);
  }

  /** How many questions are not answered, so that the last known targets are gone on with. */
  public long unanswered() {
    return watches.values().stream().filter(watch -> watch.link == Link.DOWN).count();
  }

  /** Whether every question has been answered, or not, at least once. */
  boolean asked() {
    return watches.values().stream().noneMatch(watch -> watch.link == Link.UNKNOWN);
  }

  @Override
  public void close() {
    watches.values().forEach(Watch::stop);
    consul.destroy();
  }

  /** How the last question fared. */
  private enum Link {
    UNKNOWN,
    UP,
    DOWN
  }

  /** One source, and who wants to know of it. */
  private final class Watch {
    private final TargetSource.Consul source;
    private final Followed followed;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Link link = Link.UNKNOWN;
    private BigInteger index = BigInteger.ZERO;

    /** Index of the last answer that was believed, 0 before the first. */
    private BigInteger believed = BigInteger.ZERO;

    private boolean doubting;
    private long doubtedSince;

    Watch(TargetSource.Consul source) {
      this.source = source;
      this.followed = new Followed(key(source), file);
      this.thread = Thread.ofVirtual().name("consul-" + source.service()).start(this::run);
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
              health.getHealthyServiceInstances(source.service(), options());
          boolean believes = take(answer);
          if (link != Link.UP) {
            link = Link.UP;
            LOG.info("Consul answers for {}", source.service());
          }
          pause = Duration.ofMillis(100);
          if (!believes && !rest(pause)) {
            return;
          }
        } catch (Exception e) { // what the client makes of garbage and interrupts, undeclared
          if (ended.getCount() == 0) {
            return;
          }
          failed(e);
          if (!rest(pause)) {
            return;
          }
          Duration longer = pause.multipliedBy(2);
          pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
        }
      }
    }

    private QueryOptions options() {
      ImmutableQueryOptions.Builder options = ImmutableQueryOptions.builder();
      String datacenter = source.datacenter();
      if (datacenter != null) {
        options.datacenter(datacenter);
      }
      if (index.signum() > 0) {
        options.index(index).wait(WAIT);
      }
      return options.build();
    }

    private void failed(Exception e) {
      index = BigInteger.ZERO;
      if (link != Link.DOWN) {
        link = Link.DOWN;
        LOG.warn(
            "Consul does not answer for {}, going on with the last known targets: {}",
            source.service(),
            access.withoutToken(
                e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause())));
      }
    }

    /** Goes by an answer; false when it is doubted, and has to be asked for again. */
    private boolean take(ConsulResponse<List<ServiceHealth>> answer) {
      List<UpstreamDefinition.Target> newer = targets(source, answer.getResponse());
      @Nullable BigInteger given = answer.getIndex();
      BigInteger next = given == null ? BigInteger.ZERO : given;
      if (newer.isEmpty() && followed.some() && doubtful(next)) {
        index = BigInteger.ZERO;
        return false;
      }
      doubting = false;
      index = next.compareTo(index) < 0 ? BigInteger.ZERO : next;
      believed = next;
      if (followed.are(newer)) {
        LOG.info("{} has {} healthy instances", source.service(), newer.size());
      }
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
            "Consul says that {} has no instances, which it may not know yet: doubted",
            source.service());
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

  /** Under which the source's targets are kept. */
  private static String key(TargetSource.Consul source) {
    String service = source.service();
    return source.equals(TargetSource.Consul.all(service)) ? service : source.toString();
  }

  private static List<UpstreamDefinition.Target> targets(
      TargetSource.Consul source, List<ServiceHealth> instances) {
    List<ServiceHealth> selected = new ArrayList<>();
    for (ServiceHealth instance : instances) {
      Service service = instance.getService();
      // An instance without a port, which Consul allows, is nothing that can be connected to.
      if (service.getTags().containsAll(source.tags())
          && service.getMeta().entrySet().containsAll(source.metadata().entrySet())
          && service.getPort() > 0
          && service.getPort() <= LAST_PORT) {
        selected.add(instance);
      }
    }
    int[] weights =
        Shares.within(
            selected.stream()
                .mapToDouble(
                    instance ->
                        instance
                            .getService()
                            .getWeights()
                            .map(ServiceWeights::getPassing)
                            .orElse(1))
                .map(weight -> Math.max(0, weight))
                .toArray());
    List<UpstreamDefinition.Target> targets = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      ServiceHealth instance = selected.get(i);
      String address = instance.getService().getAddress();
      String host = address.isEmpty() ? instance.getNode().getAddress() : address;
      targets.add(new UpstreamDefinition.Target(host, instance.getService().getPort(), weights[i]));
    }
    targets.sort(Comparator.comparing(UpstreamDefinition.Target::authority));
    return List.copyOf(targets);
  }
}
