package dev.aegis.gateway.upstream;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as far as the choice of a target looks at it. */
record Asking(String address, @Nullable String subject, Map<String, String> fields)
    implements Affinity {
  static final Asking ANYONE = new Asking("127.0.0.1", null, Map.of());

  static Asking of(String subject) {
    return new Asking("127.0.0.1", subject, Map.of());
  }

  @Override
  public @Nullable String field(String name) {
    return fields.get(name);
  }
}
