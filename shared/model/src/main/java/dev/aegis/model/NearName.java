package dev.aegis.model;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the known name that a person most likely meant by an unknown one. */
public final class NearName {
  private NearName() {}

  /**
   * The known name at the smallest edit distance (Levenshtein), or null when none is near: more
   * than a third of the letters differ.
   */
  public static @Nullable String of(String unknown, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(1, unknown.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(unknown, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
