package dev.aegis.admin.relay;

import static java.util.Comparator.naturalOrder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The access logs that the gateways keep in memory, as one. A gateway that does not answer in time,
 * or not as one does, keeps nobody from the others' lines.
 */
public final class GatewayLogs {
  /** A position in a gateway's log: a run of it, and how far it had come. */
  public static final Pattern POSITION = Pattern.compile("[0-9a-zA-Z-]{1,64}:[0-9]{1,18}");

  /** How long a gateway has to answer, where nothing else is said. */
  public static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final int MOST_BYTES = 4 << 20;

  private final List<Gateway> gateways;
  private final Duration patience;

  /**
   * A gateway that is asked.
   *
   * @param name host and port of its management
   */
  public record Gateway(String name, Backend backend) {
    /** The one at {@code base}. */
    public static Gateway of(URI base, Backend backend) {
      return new Gateway(base.getAuthority(), backend);
    }
  }

  /**
   * What a gateway says.
   *
   * @param node its name
   * @param lines newest first
   * @param position from where on to ask the next time
   * @param since when the oldest line was written that it keeps
   * @param more whether it has older lines that were wanted
   * @param skipped wanted lines behind the position that was asked from which it does not tell
   * @param lost whether it may have had others there, and does not know any more
   */
  public record Told(
      String node,
      List<Line> lines,
      String position,
      Instant since,
      boolean more,
      long skipped,
      boolean lost) {
    public Told {
      lines = List.copyOf(lines);
    }
  }

  /**
   * A line of the access log.
   *
   * @param shown as the gateway wrote it
   */
  public record Line(Instant at, ObjectNode shown) {
    /** Whose request it was, null when no tenant was known. */
    public @Nullable String tenant() {
      return shown.path("tenant_id").textValue();
    }
  }

  /**
   * The newest lines of all gateways.
   *
   * @param lines newest first
   * @param since from when on nothing is missing, null when no gateway answered
   * @param more whether there are older ones that were wanted
   * @param answered names of the gateways that answered
   * @param unanswered host and port of the others
   */
  public record Newest(
      List<Line> lines,
      @Nullable Instant since,
      boolean more,
      List<String> answered,
      List<String> unanswered) {
    public Newest {
      lines = List.copyOf(lines);
      answered = List.copyOf(answered);
      unanswered = List.copyOf(unanswered);
    }
  }

  /**
   * @param gateways in the order of the settings
   * @param patience how long each has to answer
   */
  public GatewayLogs(List<Gateway> gateways, Duration patience) {
    this.gateways = List.copyOf(gateways);
    this.patience = patience;
  }

  /** How many gateways there are. */
  public int size() {
    return gateways.size();
  }

  /** Host and port of a gateway, from 0. */
  public String name(int gateway) {
    return gateways.get(gateway).name();
  }

  /**
   * Asks all gateways at once.
   *
   * @param filters that lines have to pass
   * @param limit most lines, at least 1
   */
  public Newest newest(ObjectNode filters, int limit) {
    List<Line> lines = new ArrayList<>();
    List<String> answered = new ArrayList<>();
    List<String> unanswered = new ArrayList<>();
    Instant since = null;
    Instant whole = Instant.MIN;
    boolean more = false;
    ObjectNode question = question(filters, limit, null);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<@Nullable Told>> asked = new ArrayList<>();
      for (Gateway gateway : gateways) {
        asked.add(threads.submit(() -> ask(gateway.backend(), question)));
      }
      long end = System.nanoTime() + patience.toNanos();
      for (int i = 0; i < asked.size(); i++) {
        Told told = answer(asked.get(i), end);
        if (told == null) {
          unanswered.add(gateways.get(i).name());
          continue;
        }
        answered.add(told.node());
        lines.addAll(told.lines());
        since = since == null || told.since().isAfter(since) ? told.since() : since;
        if (told.more()) {
          more = true;
          // Its lines are in the order in which they were written, which is not quite that of time.
          Instant last =
              told.lines().stream().map(Line::at).min(naturalOrder()).orElse(Instant.MAX);
          whole = last.isAfter(whole) ? last : whole;
        }
      }
    }
    // What is older than where a gateway broke off would stand beside a gap.
    Instant first = whole;
    lines.removeIf(line -> line.at().isBefore(first));
    lines.sort(Comparator.comparing(Line::at).reversed());
    boolean cut = lines.size() > limit;
    return new Newest(
        cut ? lines.subList(0, limit) : lines, since, more || cut, answered, unanswered);
  }

  /**
   * Asks one gateway.
   *
   * @param filters that lines have to pass
   * @param limit most lines, the newest; 0 for none
   * @param after the position behind which they are, null for anywhere
   * @return null when it does not answer
   */
  public @Nullable Told ask(int gateway, ObjectNode filters, int limit, @Nullable String after) {
    ObjectNode question = question(filters, limit, after);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return answer(
          threads.submit(() -> ask(gateways.get(gateway).backend(), question)),
          System.nanoTime() + patience.toNanos());
    }
  }

  private static ObjectNode question(ObjectNode filters, int limit, @Nullable String after) {
    ObjectNode question = Json.object();
    question.set("filters", filters);
    question.put("limit", limit);
    if (after != null) {
      question.put("after", after);
    }
    return question;
  }

  private static @Nullable Told answer(Future<@Nullable Told> asked, long end) {
    try {
      return asked.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      asked.cancel(true);
      return null;
    } catch (InterruptedException e) {
      asked.cancel(true);
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private static @Nullable Told ask(Backend backend, ObjectNode question) throws IOException {
    return switch (backend.ask("POST", "/logs", "application/json", Json.write(question))) {
      case Backend.Answer.Away away -> null;
      case Backend.Answer.Broken broken -> null;
      case Backend.Answer.Given given -> {
        try (InputStream in = given.body()) {
          byte[] bytes = in.readNBytes(MOST_BYTES + 1);
          yield given.status() == 200 && bytes.length <= MOST_BYTES
              ? told(Json.readObject(bytes))
              : null;
        }
      }
    };
  }

  /** What the answer says, or null when no gateway would say that. */
  private static @Nullable Told told(ObjectNode answer) {
    String position = answer.path("position").asText();
    String node = answer.path("node").textValue();
    if (node == null || !POSITION.matcher(position).matches()) {
      return null;
    }
    try {
      List<Line> lines = new ArrayList<>();
      for (JsonNode item : answer.path("items")) {
        if (!(item instanceof ObjectNode line)) {
          return null;
        }
        lines.add(new Line(Instant.parse(line.path("timestamp").asText()), line));
      }
      return new Told(
          node,
          lines,
          position,
          Instant.parse(answer.path("since").asText()),
          answer.path("more").asBoolean(),
          answer.path("skipped").asLong(),
          answer.path("lost").asBoolean());
    } catch (DateTimeException e) {
      return null;
    }
  }
}
