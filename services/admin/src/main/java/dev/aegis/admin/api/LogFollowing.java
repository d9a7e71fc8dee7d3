package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lines of the access log as they come, for one follower, as server-sent events.
 *
 * <p>Each gateway is asked again and again what is new, by a thread of its own, so that none waits
 * for another. Whoever reads slowly has them asked less often, and is told how many lines were
 * passed over: nothing piles up here.
 */
final class LogFollowing implements AutoCloseable {
  /** Most lines of one gateway at once. */
  private static final int MOST = 500;

  private final GatewayLogs logs;
  private final Pace pace;
  private final LogQuestion question;
  private final Followers.Place place;
  private final BooleanSupplier allowed;
  private final UnaryOperator<List<GatewayLogs.Line>> seen;
  private final BlockingQueue<News> news;
  private final List<@Nullable String> positions;
  private final TreeSet<String> unanswered = new TreeSet<>();
  private volatile boolean over;
  private volatile long writing; // since when, of System.nanoTime(), 0 when not

  /**
   * How often things are done.
   *
   * @param ask between two questions to a gateway
   * @param look after which the follower's rights are looked at again
   * @param heartbeat after which something is written although nothing is new
   * @param stall a reader that takes nothing for so long is cut off
   */
  record Pace(Duration ask, Duration look, Duration heartbeat, Duration stall) {
    static final Pace USUAL =
        new Pace(
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30));
  }

  /**
   * What is new at a gateway.
   *
   * @param gateway which one, -1 for none
   * @param told null when it does not answer any more
   */
  private record News(int gateway, GatewayLogs.@Nullable Told told) {
    static final News NONE = new News(-1, null);
  }

  /**
   * @param place given back when it is over
   * @param allowed whether the follower still may
   * @param seen those lines that it may see
   */
  LogFollowing(
      GatewayLogs logs,
      Pace pace,
      LogQuestion question,
      Followers.Place place,
      BooleanSupplier allowed,
      UnaryOperator<List<GatewayLogs.Line>> seen) {
    this.logs = logs;
    this.pace = pace;
    this.question = question;
    this.place = place;
    this.allowed = allowed;
    this.seen = seen;
    this.news = new ArrayBlockingQueue<>(Math.max(1, logs.size()));
    this.positions = new ArrayList<>(question.positions());
  }

  /**
   * Writes events until it is over.
   *
   * @throws IOException when the reader is gone, or was cut off
   */
  void writeTo(OutputStream out) throws IOException {
    Thread writer = Thread.currentThread();
    place.tell(
        () -> {
          over = true;
          news.offer(News.NONE); // if it is full, the writer does not wait
        });
    List<Thread> threads = new ArrayList<>();
    try {
      for (int i = 0; i < logs.size(); i++) {
        int gateway = i;
        String position = positions.get(i);
        threads.add(Thread.startVirtualThread(() -> ask(gateway, position)));
      }
      threads.add(Thread.startVirtualThread(() -> watch(writer)));
      write(out, ": the access log, as it is written\n\n");
      String why = events(out);
      write(out, "event: end\ndata: {\"reason\":\"" + why + "\"}\n\n");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      over = true;
      threads.forEach(Thread::interrupt);
    }
  }

  /** Returns why it is over. */
  private String events(OutputStream out) throws IOException, InterruptedException {
    long looked = System.nanoTime();
    long wrote = looked;
    while (!over) {
      News first = news.poll(pace.look().toMillis(), TimeUnit.MILLISECONDS);
      if (System.nanoTime() - looked >= pace.look().toNanos()) {
        if (!allowed.getAsBoolean()) {
          return "not_allowed";
        }
        looked = System.nanoTime();
      }
      String text = "";
      if (first != null && !over) {
        List<News> all = new ArrayList<>(List.of(first));
        news.drainTo(all);
        text = text(all);
      } else if (System.nanoTime() - wrote >= pace.heartbeat().toNanos()) {
        text = ":\n\n";
      }
      if (!text.isEmpty()) {
        write(out, text);
        wrote = System.nanoTime();
      }
    }
    return "stopping";
  }

  private void write(OutputStream out, String text) throws IOException {
    writing = System.nanoTime() | 1;
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } finally {
      writing = 0;
    }
  }

  /** The events that tell of all this, the lines in the order of their time. */
  private String text(List<News> all) {
    StringBuilder text = new StringBuilder();
    List<GatewayLogs.Line> lines = new ArrayList<>();
    for (News each : all) {
      if (each.gateway() < 0) {
        continue;
      }
      GatewayLogs.Told told = each.told();
      String name = logs.name(each.gateway());
      if (told == null ? unanswered.add(name) : unanswered.remove(name)) {
        ObjectNode gateways = Json.object();
        unanswered.forEach(gateways.putArray("unanswered")::add);
        event(text, "gateways", gateways);
      }
      if (told == null) {
        continue;
      }
      positions.set(each.gateway(), told.position());
      lines.addAll(seen.apply(told.lines().reversed()));
      if (told.lost()) {
        event(text, "skipped", Json.object().put("node", told.node()).putNull("lines"));
      } else if (told.skipped() > 0) {
        event(text, "skipped", Json.object().put("node", told.node()).put("lines", told.skipped()));
      }
    }
    lines.sort(Comparator.comparing(GatewayLogs.Line::at));
    for (int i = 0; i < lines.size(); i++) {
      if (i == lines.size() - 1) {
        // Where to go on is known behind the last of them only.
        text.append("id: ").append(String.join(",", ids())).append('\n');
      }
      text.append("data: ")
          .append(new String(Json.write(lines.get(i).shown()), StandardCharsets.UTF_8))
          .append("\n\n");
    }
    return text.toString();
  }

  private List<String> ids() {
    return positions.stream()
        .map(position -> position == null ? LogQuestion.UNKNOWN_POSITION : position)
        .toList();
  }

  private static void event(StringBuilder text, String name, ObjectNode data) {
    text.append("event: ")
        .append(name)
        .append("\ndata: ")
        .append(new String(Json.write(data), StandardCharsets.UTF_8))
        .append("\n\n");
  }

  /** Asks one gateway until it is over. */
  private void ask(int gateway, @Nullable String from) {
    String position = from;
    boolean away = false;
    try {
      while (!over) {
        boolean begins = position == null;
        GatewayLogs.Told told = logs.ask(gateway, question.filters(), begins ? 0 : MOST, position);
        boolean some =
            told == null
                ? !away
                : away || begins || !told.lines().isEmpty() || told.skipped() > 0 || told.lost();
        if (begins && told != null) {
          told = beginning(told);
        }
        if (some && !over) {
          news.put(new News(gateway, told));
        }
        away = told == null;
        position = told == null ? position : told.position();
        Thread.sleep(pace.ask());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is over
    }
  }

  /** Of what was there before nothing is told, so nothing of it is missing either. */
  private static GatewayLogs.Told beginning(GatewayLogs.Told told) {
    return new GatewayLogs.Told(
        told.node(), List.of(), told.position(), told.since(), false, 0, false);
  }

  /** Cuts a reader off that takes nothing: its thread waits in a write that only that ends. */
  private void watch(Thread writer) {
    try {
      while (!over || writing != 0) {
        long since = writing;
        if (since != 0
            && System.nanoTime() - since > (over ? pace.ask() : pace.stall()).toNanos()) {
          writer.interrupt();
          return;
        }
        Thread.sleep(pace.ask());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is over
    }
  }

  @Override
  public void close() {
    place.close();
  }
}
