package dev.aegis.admin;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.NodeBoard;
import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Follows the journal and says so on the board, as a gateway does; or stays behind on purpose. */
final class StandInGateway implements AutoCloseable {
  private final String node;
  private final NodeBoard board;
  private final JournalReader reader;
  private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
  private final ScheduledFuture<?> beat;
  private volatile boolean stuck;
  private volatile long revision = -1;

  StandInGateway(String bootstrap, Path data, String node) {
    this.node = node;
    BusSettings bus = new BusSettings(bootstrap, node);
    this.board = new NodeBoard(bus, InstantSource.system());
    this.reader =
        new JournalReader(
            bus,
            data.resolve(node + ".jsonl"),
            (fold, changed, everything) -> {
              if (!stuck) {
                revision = fold.revision();
                say();
              }
            });
    reader.start();
    beat =
        heart.scheduleAtFixedRate(
            this::say, 0, NodeBoard.HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
  }

  String node() {
    return node;
  }

  void stick() {
    stuck = true;
  }

  private void say() {
    board.publish(
        new NodeStatus(
            node,
            "gateway",
            "test",
            revision,
            Instant.now(),
            Instant.now(),
            List.of(Finding.warning("tenants/x", "as an example"))));
  }

  @Override
  public void close() {
    beat.cancel(false);
    heart.close();
    reader.close();
    board.withdraw(node);
    board.close();
  }
}
