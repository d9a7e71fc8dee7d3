package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a jar that was put in place: the services look at their folder twice a second.
 * The admin service says which version of it it has, and all say what is wrong with it.
 */
record JarLoading(AdminClient client, String jar, String digest) {
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(600);

  /** What became of it. */
  sealed interface Outcome {}

  /** It is in force. */
  record Loaded(List<String> plugins) implements Outcome {}

  /** It is not, and perhaps the version before it is. */
  record Missed(String why) implements Outcome {}

  /** Waits for as long as that may take. */
  Outcome await() throws CommandFailure {
    long end = System.nanoTime() + BOUND.toNanos();
    int told = 0;
    @Nullable String wrong = null;
    while (told < 2 && System.nanoTime() < end) {
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailure("interrupted", e);
      }
      List<String> plugins = plugins();
      if (!plugins.isEmpty()) {
        return new Loaded(plugins);
      }
      wrong =
          findings(client, subject -> subject.equals("plugins/" + jar)).stream()
              .findFirst()
              .orElse(null);
      told += wrong == null ? 0 : 1; // the first may still be about the version before
    }
    return new Missed(wrong == null ? "the suite does not say why; its log may" : wrong);
  }

  private List<String> plugins() throws CommandFailure {
    List<String> plugins = new ArrayList<>();
    for (JsonNode each : client.get("/admin/plugins/catalog").body().path("items")) {
      if (each.path("source").asText().equals(jar)
          && each.path("sha256").asText(digest).equals(digest)) {
        plugins.add(each.path("name").asText());
      }
    }
    return plugins;
  }

  /** What live services have to say of plugins, a line for each. */
  static List<String> findings(AdminClient client, Predicate<String> meant) throws CommandFailure {
    List<String> lines = new ArrayList<>();
    for (JsonNode node : client.list("/admin/nodes")) {
      for (JsonNode finding : node.path("findings")) {
        String subject = finding.path("subject").asText();
        if (node.path("live").asBoolean() && meant.test(subject)) {
          String said = finding.path("message").asText();
          lines.add(subject + " on " + node.path("id").asText() + ": " + said);
        }
      }
    }
    return lines;
  }
}
