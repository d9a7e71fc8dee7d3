package dev.aegis.chassis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.aegis.model.Finding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a service answers at {@code /status}.
 *
 * @param node name of the process
 * @param service which service it runs
 * @param revision configuration revision in force, -1 before the first
 * @param since when that revision took force, or null before the first
 * @param findings about the configuration in force and about what the service depends on
 * @param dependencies state of each thing it depends on, such as {@code kafka} → {@code up}; the
 *     values are {@code up}, {@code down} and {@code off} (not configured)
 */
public record ServiceStatus(
    String node,
    String service,
    long revision,
    @Nullable Instant since,
    List<Finding> findings,
    Map<String, String> dependencies) {
  private static final JsonFactory JSON = new JsonFactory();

  public ServiceStatus {
    findings = List.copyOf(findings);
    dependencies = Collections.unmodifiableMap(new LinkedHashMap<>(dependencies));
  }

  /** What is wrong by this: each finding, and each dependency that is down without one. */
  List<Finding> wrong() {
    List<Finding> wrong = new ArrayList<>();
    dependencies.forEach(
        (name, state) -> {
          if (state.equals("down")
              && findings.stream().noneMatch(finding -> finding.subject().equals(name))) {
            wrong.add(Finding.error(name, "it does not answer"));
          }
        });
    wrong.addAll(findings);
    return wrong;
  }

  byte[] toJson(List<Troubles.Trouble> troubles) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("node", node);
      json.writeStringField("service", service);
      json.writeStringField("version", Version.text());
      json.writeNumberField("revision", revision);
      json.writeStringField("since", since == null ? null : since.toString());
      json.writeArrayFieldStart("findings");
      for (Finding finding : findings) {
        json.writeStartObject();
        json.writeStringField("severity", finding.severity().name().toLowerCase(Locale.ROOT));
        json.writeStringField("subject", finding.subject());
        json.writeStringField("message", finding.message());
        json.writeEndObject();
      }
      json.writeEndArray();
      for (Map.Entry<String, String> dependency : dependencies.entrySet()) {
        json.writeStringField(dependency.getKey(), dependency.getValue());
      }
      json.writeArrayFieldStart("troubles");
      for (Troubles.Trouble trouble : troubles) {
        json.writeStartObject();
        json.writeStringField("what", trouble.what());
        json.writeStringField("since", trouble.since().truncatedTo(ChronoUnit.MILLIS).toString());
        json.writeStringField("severity", trouble.severity().name().toLowerCase(Locale.ROOT));
        json.writeStringField("detail", trouble.detail());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return out.toByteArray();
  }
}
