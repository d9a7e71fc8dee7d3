package dev.aegis.cli;

import dev.aegis.chassis.Quantities;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a command waits for a reply that may take long. */
final class Patience {
  private static final Duration MOST = Duration.ofDays(1);

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** A hundred thousand objects take some tens of seconds, on a busy machine some minutes. */
  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "10m",
      description = "How long to wait for the reply, such as 90s, 30m (default ${DEFAULT-VALUE})")
  private String timeout = "10m";

  Duration time() {
    Duration time;
    try {
      time = Quantities.duration(timeout);
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
    if (time.isZero() || time.compareTo(MOST) > 0) {
      throw wrong("must be up to 24h, and longer than nothing");
    }
    return time;
  }

  private ParameterException wrong(String why) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), "--timeout: " + why);
  }
}
