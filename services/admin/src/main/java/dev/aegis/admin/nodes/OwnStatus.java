package dev.aegis.admin.nodes;

import dev.aegis.bus.JournalReader;
import dev.aegis.bus.NodeBoard;
import dev.aegis.chassis.ServiceStatus;
import dev.aegis.chassis.Version;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What this instance says of itself: on the board at each heartbeat and change, and when asked. */
public final class OwnStatus implements JournalReader.Listener, AutoCloseable {
  private static final String SERVICE = "admin";
  private static final Duration STOP = Duration.ofSeconds(1);

  private final String node;
  private final NodeBoard board;
  private final InstantSource clock;
  private final Supplier<List<Finding>> found;
  private final Semaphore news = new Semaphore(0);
  private volatile InForce inForce;
  private volatile List<Finding> findings = List.of();
  private volatile boolean closed;
  private @Nullable Thread thread;

  private record InForce(long revision, Instant since, List<Finding> findings) {}

  /**
   * @param node name of this instance
   * @param board where it speaks
   * @param found asked, whenever it speaks, for what is wrong beside what it was told
   */
  public OwnStatus(
      String node, NodeBoard board, InstantSource clock, Supplier<List<Finding>> found) {
    this.node = node;
    this.board = board;
    this.clock = clock;
    this.found = found;
    this.inForce = new InForce(-1, clock.instant(), List.of());
  }

  @Override
  public void folded(Fold fold, Set<ObjectKey> changed, boolean everything) {
    inForce = new InForce(fold.revision(), clock.instant(), fold.findings());
    news.release();
  }

  /** What this instance has to say about itself from now on. */
  public void report(List<Finding> now) {
    findings = List.copyOf(now);
    news.release();
  }

  /** Begins to speak. */
  public void start() {
    thread = Thread.ofPlatform().daemon().name("own-status").start(this::run);
  }

  private void run() {
    while (!closed) {
      InForce now = inForce;
      board.publish(
          new NodeStatus(
              node,
              SERVICE,
              Version.text(),
              now.revision(),
              now.since(),
              clock.instant(),
              findings(now)));
      try {
        if (news.tryAcquire(NodeBoard.HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
          news.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private List<Finding> findings(InForce now) {
    List<Finding> all = new ArrayList<>(now.findings());
    all.addAll(findings);
    all.addAll(found.get());
    return all;
  }

  /** Answers {@code /status}. */
  public ServiceStatus shown(boolean kafka) {
    InForce now = inForce;
    return new ServiceStatus(
        node,
        SERVICE,
        now.revision(),
        now.revision() < 0 ? null : now.since(),
        findings(now),
        Map.of("kafka", kafka ? "up" : "down"));
  }

  /** Falls silent and takes its leave. */
  @Override
  public void close() {
    closed = true;
    Thread speaking = thread;
    if (speaking != null) {
      news.release();
      try {
        speaking.join(STOP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      board.withdraw(node);
    }
  }
}
