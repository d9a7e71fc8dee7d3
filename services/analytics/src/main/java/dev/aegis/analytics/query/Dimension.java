package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.CellKey;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an answer can be broken down by. */
public enum Dimension {
  /** The tenant's id. */
  TENANT,
  /** The route's id. */
  ROUTE,
  /** The HTTP method. */
  METHOD,
  /** The hundreds of the status, such as {@code 2xx}. */
  STATUS_CLASS,
  /** The subject of the credential. */
  CONSUMER;

  /** The name on the wire, such as {@code status_class}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** This property of the requests in a cell; null when they had none, such as no route. */
  public @Nullable String of(CellKey key) {
    String value =
        switch (this) {
          case TENANT -> key.tenant();
          case ROUTE -> key.route();
          case METHOD -> key.method();
          case STATUS_CLASS -> key.statusClass().wireName();
          case CONSUMER -> key.consumer();
        };
    return value.isEmpty() ? null : value;
  }
}
