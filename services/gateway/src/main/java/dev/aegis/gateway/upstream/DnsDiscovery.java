package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Resolver.Question;
import dev.aegis.gateway.upstream.Resolver.RecordType;
import dev.aegis.gateway.upstream.Resolver.Unanswered;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery by the domain name system: each source is asked again and again, on a virtual thread of
 * its own. Only an answer with targets replaces the last known ones: a server that has lost its
 * data, or a name that was mistyped for a moment, takes nothing away.
 */
public final class DnsDiscovery implements Discovery<TargetSource.Dns> {
  private static final Logger LOG = LoggerFactory.getLogger(DnsDiscovery.class);
  private static final int LAST_PORT = 65_535;

  private final Resolver resolver;
  private final TargetsFile file;
  private final Map<TargetSource.Dns, Watch> watches = new ConcurrentHashMap<>();

  /**
   * @param resolver is asked
   * @param file where the last known targets outlive this process
   */
  public DnsDiscovery(Resolver resolver, TargetsFile file) {
    this.resolver = resolver;
    this.file = file;
  }

  @Override
  public void follow(TargetSource.Dns source, Upstream upstream) {
    watches.computeIfAbsent(source, Watch::new).followed.add(upstream);
  }

  @Override
  public void unfollow(TargetSource.Dns source, Upstream upstream) {
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

  /** Whether any name was answered for when last asked. */
  public boolean connected() {
    return watches.values().stream().anyMatch(watch -> watch.state == State.ANSWERED);
  }

  /** Whether there is any name to ask for. */
  public boolean asks() {
    return !watches.isEmpty();
  }

  /** How many names go on with their last known targets, or with none. */
  public long unanswered() {
    return watches.values().stream().filter(watch -> watch.state == State.KEEPING).count();
  }

  @Override
  public void close() {
    watches.values().forEach(Watch::stop);
  }

  /** How the last round went. */
  private enum State {
    UNKNOWN,
    ANSWERED,
    KEEPING
  }

  /** One source, and who wants to know of it. */
  private final class Watch {
    private final TargetSource.Dns source;
    private final Followed followed;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile State state = State.UNKNOWN;
    // The thread's own.
    private Map<Question, List<String>> known = Map.of();

    Watch(TargetSource.Dns source) {
      this.source = source;
      // How often it is asked does not matter to what is known of it.
      Integer port = source.port();
      this.followed = new Followed("dns:" + source.name() + (port == null ? "" : ":" + port), file);
      this.thread = Thread.ofVirtual().name("dns-" + source.name()).start(this::run);
    }

    void stop() {
      ended.countDown();
      thread.interrupt();
    }

    private void run() {
      do {
        try {
          look();
        } catch (RuntimeException e) { // what the client makes of garbage
          turn(State.KEEPING, String.valueOf(e));
        }
      } while (rest());
    }

    private void look() {
      Round round = new Round(resolver, known);
      Integer port = source.port();
      List<UpstreamDefinition.Target> targets =
          port == null ? round.services(source.name()) : round.addresses(source.name(), port);
      known = round.heard;
      if (ended.getCount() == 0) {
        return;
      }
      Unanswered fault = round.fault;
      if (targets.isEmpty()) {
        turn(State.KEEPING, fault == null ? "there is no address" : fault.getMessage());
        return;
      }
      if (followed.are(targets)) {
        LOG.info("{} has {} targets", source.name(), targets.size());
      }
      if (fault == null) {
        turn(State.ANSWERED, "");
      } else {
        turn(State.KEEPING, fault.getMessage());
      }
    }

    private void turn(State next, @Nullable String why) {
      if (state == next) {
        return;
      }
      state = next;
      if (next == State.KEEPING) {
        LOG.warn("Going on with the last known targets of {}: {}", source.name(), why);
      } else {
        LOG.info("{} is answered for", source.name());
      }
    }

    /** The interval, give or take a tenth; false when it is over. */
    private boolean rest() {
      long interval = Math.max(10, source.refresh().toMillis());
      long pause = interval - interval / 10 + ThreadLocalRandom.current().nextLong(interval / 5);
      try {
        return !ended.await(pause, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    }
  }

  /**
   * One time of asking all that a source needs. A question that is not answered is answered from
   * the round before; once there was only silence, nothing further is asked.
   */
  private static final class Round {
    private final Resolver resolver;
    private final Map<Question, List<String>> before;
    private final Map<Question, List<String>> heard = new HashMap<>();
    private @Nullable Unanswered fault;

    Round(Resolver resolver, Map<Question, List<String>> before) {
      this.resolver = resolver;
      this.before = before;
    }

    /** Every address of a name, all with the same port and weight. */
    List<UpstreamDefinition.Target> addresses(String name, int port) {
      List<UpstreamDefinition.Target> targets = new ArrayList<>();
      for (String address : addresses(name)) {
        targets.add(new UpstreamDefinition.Target(address, port, 1));
      }
      return sorted(targets);
    }

    /** Every address of the hosts of a service (RFC 2782); a host's addresses share its weight. */
    List<UpstreamDefinition.Target> services(String name) {
      Map<Integer, List<Host>> byPriority = new TreeMap<>();
      for (String text : ask(new Question(name, RecordType.SRV))) {
        Host host = Host.read(text);
        if (host != null) {
          byPriority.computeIfAbsent(host.priority(), priority -> new ArrayList<>()).add(host);
        }
      }
      List<UpstreamDefinition.Target> targets = new ArrayList<>();
      for (Map.Entry<Integer, List<Host>> group : byPriority.entrySet()) {
        List<Host> places = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        for (Host host : group.getValue()) {
          List<String> addresses = addresses(host.name());
          for (String address : addresses) {
            places.add(new Host(group.getKey(), host.weight(), host.port(), address));
            shares.add((double) host.weight() / addresses.size());
          }
        }
        int[] weights = Shares.within(shares.stream().mapToDouble(share -> share).toArray());
        for (int i = 0; i < weights.length; i++) {
          Host place = places.get(i);
          targets.add(
              new UpstreamDefinition.Target(
                  place.name(), place.port(), weights[i], place.priority()));
        }
      }
      return sorted(targets);
    }

    private List<String> addresses(String name) {
      List<String> addresses = new ArrayList<>(ask(new Question(name, RecordType.A)));
      addresses.addAll(ask(new Question(name, RecordType.AAAA)));
      return addresses;
    }

    private List<String> ask(Question question) {
      List<String> known = heard.get(question);
      if (known == null) {
        known = asked(question);
        heard.put(question, known);
      }
      return known;
    }

    private List<String> asked(Question question) {
      if (fault == null || !fault.silence()) {
        try {
          return resolver.ask(question);
        } catch (Unanswered e) {
          fault = e;
        }
      }
      return before.getOrDefault(question, List.of());
    }

    /** A server turns its answers round; the order says nothing. */
    private static List<UpstreamDefinition.Target> sorted(List<UpstreamDefinition.Target> targets) {
      targets.sort(
          Comparator.comparingInt(UpstreamDefinition.Target::priority)
              .thenComparing(UpstreamDefinition.Target::authority)
              .thenComparingInt(UpstreamDefinition.Target::weight));
      return List.copyOf(targets);
    }
  }

  /** An SRV record. */
  private record Host(int priority, int weight, int port, String name) {
    /** Null when it names nothing that can be connected to, such as {@code .} for no service. */
    static @Nullable Host read(String text) {
      String[] parts = text.split(" ", -1);
      if (parts.length != 4 || !TargetSource.Dns.isName(parts[3])) {
        return null;
      }
      try {
        int port = Integer.parseInt(parts[2]);
        return port < 1 || port > LAST_PORT
            ? null
            : new Host(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), port, parts[3]);
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }
}
