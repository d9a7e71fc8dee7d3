package dev.aegis.admin.relay;

import dev.aegis.chassis.ExpositionFormat;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of all services as one text in one of the formats: each family once, each sample with
 * the labels {@code service} and {@code instance} (host and port), as if Prometheus had read each
 * service itself. A service that does not answer in time is told by {@code aegis_service_up}, and
 * keeps nobody from the others' metrics.
 */
public final class Expositions {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MOST_BYTES = 32 << 20;
  private static final String UP = "aegis_service_up";

  private final List<Source> sources;

  /**
   * Where one service's metrics come from.
   *
   * @param service its name
   * @param instance host and port
   * @param text asks it, blocking and interruptible
   */
  public record Source(String service, String instance, Text text) {
    /** A service that is asked for {@code /metrics}. */
    public static Source of(String service, URI base, Backend backend) {
      return new Source(service, base.getAuthority(), format -> read(backend, format));
    }
  }

  /** What a service's metrics are now. */
  @FunctionalInterface
  public interface Text {
    /** Null when it does not answer in this format. */
    @Nullable String now(ExpositionFormat format) throws IOException;
  }

  /**
   * @param sources in no particular order
   */
  public Expositions(List<Source> sources) {
    this.sources = List.copyOf(sources);
  }

  /** Asks all services at once, and puts together what has come within five seconds. */
  public String together(ExpositionFormat format) {
    Together together = new Together();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<@Nullable String>> asked = new ArrayList<>();
      for (Source source : sources) {
        asked.add(threads.submit(() -> source.text().now(format)));
      }
      long end = System.nanoTime() + PATIENCE.toNanos();
      for (int i = 0; i < sources.size(); i++) {
        together.add(sources.get(i), answer(asked.get(i), end));
      }
    }
    return together.text(format);
  }

  private static @Nullable String answer(Future<@Nullable String> asked, long end) {
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

  private static @Nullable String read(Backend backend, ExpositionFormat format)
      throws IOException {
    return switch (backend.ask("GET", "/metrics", format.contentType(), new byte[0])) {
      case Backend.Answer.Away away -> null;
      case Backend.Answer.Broken broken -> null;
      case Backend.Answer.Given given -> {
        try (InputStream in = given.body()) {
          byte[] bytes = in.readNBytes(MOST_BYTES + 1);
          boolean asAsked = format.contentType().equals(given.headers().get("Content-Type"));
          yield given.status() == 200 && asAsked && bytes.length <= MOST_BYTES
              ? new String(bytes, StandardCharsets.UTF_8)
              : null;
        }
      }
    };
  }

  /** What has come so far, by family. */
  private static final class Together {
    private final Map<String, Family> families = new TreeMap<>();

    private static final class Family {
      private @Nullable String help;
      private @Nullable String type;
      private @Nullable String unit;
      private final StringBuilder samples = new StringBuilder();
    }

    void add(Source source, @Nullable String text) {
      String labels = "service=\"" + source.service() + "\",instance=\"" + source.instance() + '"';
      Family up = family(UP);
      up.help = "# HELP " + UP + " Whether the service has told its metrics";
      up.type = "# TYPE " + UP + " gauge";
      sample(up, UP, labels, text == null ? " 0" : " 1");
      if (text != null) {
        text.lines().forEach(new Reading(labels)::line);
      }
    }

    /** One text, from its first line to its last. */
    private final class Reading {
      private final String labels;
      private String name = "";

      Reading(String labels) {
        this.labels = labels;
      }

      void line(String line) {
        if (line.startsWith("# HELP ")
            || line.startsWith("# TYPE ")
            || line.startsWith("# UNIT ")) {
          int end = line.indexOf(' ', 7);
          name = end < 0 ? line.substring(7) : line.substring(7, end);
          Family family = family(name);
          switch (line.charAt(2)) {
            case 'H' -> family.help = family.help == null ? line : family.help;
            case 'T' -> family.type = family.type == null ? line : family.type;
            default -> family.unit = family.unit == null ? line : family.unit;
          }
        } else if (!line.isEmpty() && line.charAt(0) != '#') {
          int end = 0;
          while (end < line.length() && line.charAt(end) != '{' && line.charAt(end) != ' ') {
            end++;
          }
          String own = line.substring(0, end);
          boolean labelled = end < line.length() && line.charAt(end) == '{';
          int close = labelled ? close(line, end) : end;
          sample(
              family(own.startsWith(name) ? name : own),
              own,
              labelled ? labels + ',' + line.substring(end + 1, close) : labels,
              labelled ? line.substring(Math.min(close + 1, line.length())) : line.substring(end));
        }
      }

      /** Where the labels end: an exemplar has braces, too, and so may a value. */
      private static int close(String line, int open) {
        boolean quoted = false;
        for (int i = open; i < line.length(); i++) {
          switch (line.charAt(i)) {
            case '\\' -> i++;
            case '"' -> quoted = !quoted;
            case '}' -> {
              if (!quoted) {
                return i;
              }
            }
            default -> {}
          }
        }
        return line.length();
      }
    }

    private Family family(String name) {
      return families.computeIfAbsent(name, _ -> new Family());
    }

    private static void sample(Family family, String name, String labels, String value) {
      family.samples.append(name).append('{').append(labels).append('}').append(value);
      family.samples.append('\n');
    }

    String text(ExpositionFormat format) {
      StringBuilder text = new StringBuilder(64 << 10);
      for (Family family : families.values()) {
        for (String head : new @Nullable String[] {family.help, family.type, family.unit}) {
          if (head != null) {
            text.append(head).append('\n');
          }
        }
        text.append(family.samples);
      }
      return (format == ExpositionFormat.OPEN_METRICS ? text.append("# EOF\n") : text).toString();
    }
  }
}
