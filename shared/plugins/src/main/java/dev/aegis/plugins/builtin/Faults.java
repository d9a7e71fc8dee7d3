package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Verdict;
import java.util.List;
import java.util.Set;

/**
 * How callers are told that a request has another form.
 *
 * @param status that it is refused with
 * @param most places that they are told of
 */
record Faults(int status, int most) {
  /** What comes of those found in a part of a request, which may be none. */
  Verdict of(String part, Set<String> faults) {
    if (faults.isEmpty()) {
      return Verdict.PASS;
    }
    StringBuilder detail = new StringBuilder("The ").append(part).append(" has another form");
    List<String> told = faults.stream().limit(most).toList();
    if (!told.isEmpty()) {
      detail.append(": ").append(String.join(", ", told));
      if (faults.size() > told.size()) {
        detail.append(", and ").append(faults.size() - told.size()).append(" more");
      }
    }
    return refused(detail.toString());
  }

  Verdict refused(String detail) {
    return new Verdict.Refuse(status, detail);
  }
}
