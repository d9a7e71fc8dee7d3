package dev.aegis.analytics.query;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of one series have in common.
 *
 * @param values beside the query's dimensions; null where the requests had none
 */
public record Group(List<@Nullable String> values) {
  /** Stands in each dimension for all groups that were too many to be answered singly. */
  public static final String OTHER = "_other";

  public Group {
    values = Collections.unmodifiableList(new ArrayList<>(values));
  }

  /** The group that takes what does not get one of its own. */
  static Group other(int dimensions) {
    return new Group(Collections.nCopies(dimensions, OTHER));
  }
}
