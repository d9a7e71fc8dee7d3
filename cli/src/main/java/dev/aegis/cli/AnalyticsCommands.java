package dev.aegis.cli;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands about what the suite has counted. */
final class AnalyticsCommands {
  private AnalyticsCommands() {}

  private enum Format {
    CSV,
    JSON
  }

  private enum Report {
    SERIES,
    USAGE
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description = "Writes usage or series of a tenant to standard output.")
  static final class Export implements Callable<Integer> {
    private static final Duration USUAL = Duration.ofDays(1);

    private final Session session;
    private final DataFolder data;

    @Spec private @Nullable CommandSpec spec;
    @Mixin private final Patience patience = new Patience();

    @Option(names = "--tenant", required = true, paramLabel = "T", description = "Whose")
    private String tenant = "";

    @Option(
        names = "--format",
        defaultValue = "csv",
        paramLabel = "csv|json",
        description = "Default ${DEFAULT-VALUE}")
    private Format format = Format.CSV;

    @Option(
        names = "--report",
        defaultValue = "series",
        paramLabel = "series|usage",
        description = "Default ${DEFAULT-VALUE}")
    private Report report = Report.SERIES;

    @Option(
        names = "--from",
        paramLabel = "TIME",
        description =
            "First moment, 2026-01-31 or 2026-01-31T12:00:00Z (default a day before --to)")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "First moment after (default now)")
    private @Nullable String to;

    @Option(
        names = "--granularity",
        paramLabel = "minute|hour|day",
        description = "Length of a bucket")
    private @Nullable String granularity;

    @Option(
        names = "--group-by",
        paramLabel = "NAME",
        split = ",",
        description = "Any of tenant, route, method, status_class, consumer")
    private List<String> groupBy = List.of();

    @Option(
        names = "--metric",
        paramLabel = "NAME",
        split = ",",
        description = "Any of requests, errors, p50, p95, p99, bytes, bytes_in, bytes_out, slowest")
    private List<String> metrics = List.of();

    Export(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      Instant end = to == null ? session.clock().instant() : moment("--to", to);
      Instant start = from == null ? end.minus(USUAL) : moment("--from", from);
      if (!start.isBefore(end)) {
        throw wrong("--from must be before --to");
      }
      Map<String, String> parameters = new LinkedHashMap<>();
      parameters.put("tenant", tenant);
      parameters.put("from", start.toString());
      parameters.put("to", end.toString());
      if (granularity != null) {
        parameters.put("granularity", granularity);
      }
      if (!groupBy.isEmpty()) {
        parameters.put("group_by", String.join(",", groupBy));
      }
      if (!metrics.isEmpty()) {
        parameters.put("metric", String.join(",", metrics));
      }
      String path =
          "/admin/analytics/"
              + report.name().toLowerCase(Locale.ROOT)
              + AdminClient.query(parameters);
      try (AdminClient client = new AdminClient(Suite.find(session, data))) {
        byte[] body =
            client.bytes(
                path, format == Format.CSV ? "text/csv" : "application/json", patience.time());
        session.out().print(new String(body, StandardCharsets.UTF_8));
        if (format == Format.JSON) {
          session.out().println();
        }
      }
      return 0;
    }

    private Instant moment(String option, String text) {
      try {
        return text.indexOf('T') < 0
            ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
            : Instant.parse(text);
      } catch (DateTimeParseException e) {
        throw wrong(
            option
                + ": must be a day such as 2026-01-31 or a time such as"
                + " 2026-01-31T12:00:00Z");
      }
    }

    private ParameterException wrong(String message) {
      return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
  }
}
