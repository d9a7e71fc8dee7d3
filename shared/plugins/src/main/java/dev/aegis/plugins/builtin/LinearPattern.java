package dev.aegis.plugins.builtin;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import com.networknt.schema.regex.RegularExpression;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A regular expression whose search takes no longer than its size times the text: that of RE2, so
 * without looking ahead or behind and without references back. It pays for its work with the {@link
 * Effort} of who asks.
 */
final class LinearPattern implements RegularExpression {
  /** Most instructions of one expression. */
  static final int MOST = 2_000;

  private static final int MOST_CHARACTERS = 1_000;
  private static final int CHEAP = 64;

  private final Pattern pattern;
  private final int size;

  /**
   * @throws IllegalArgumentException if it is none that can be used
   */
  LinearPattern(String text) {
    int least = size(text);
    if (text.length() > MOST_CHARACTERS || least > MOST) {
      throw new IllegalArgumentException("the pattern " + text + " is too large");
    }
    try {
      pattern = Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "the pattern " + text + " cannot be used: " + e.getDescription());
    }
    size = Math.max(least, pattern.programSize());
  }

  @Override
  public boolean matches(String text) {
    Effort.spent(1 + (long) text.length() * size / CHEAP);
    return pattern.matcher(text).find();
  }

  /**
   * About how many instructions an expression has once its counted repetitions are written out,
   * which is what it takes memory for before anybody could count them.
   */
  static int size(String text) {
    Deque<long[]> groups = new ArrayDeque<>();
    long[] group = new long[2]; // all of it, and its last atom
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> {
          i++;
          if (i < text.length() && text.charAt(i) == 'Q') {
            return Integer.MAX_VALUE; // quotes what looks like a group
          }
          atom(group, 1);
        }
        case '[' -> {
          i = classEnd(text, i);
          atom(group, 1);
        }
        case '(' -> {
          groups.push(group);
          group = new long[2];
        }
        case ')' -> {
          if (!groups.isEmpty()) {
            long inner = group[0] + 2;
            group = groups.pop();
            atom(group, inner);
          }
        }
        case '{' -> {
          int end = text.indexOf('}', i);
          long times = end < 0 ? -1 : times(text, i + 1, end);
          if (times >= 0) {
            group[0] += group[1] * times;
            group[1] *= times + 1;
            i = end;
          } else {
            atom(group, 1);
          }
        }
        default -> atom(group, 1);
      }
      if (group[0] > MOST || group[1] > MOST) {
        return Integer.MAX_VALUE;
      }
    }
    long all = group[0];
    for (long[] open : groups) {
      all += open[0];
    }
    return (int) Math.min(all, Integer.MAX_VALUE);
  }

  private static void atom(long[] group, long size) {
    group[0] += size;
    group[1] = size;
  }

  /** The greatest number of a repetition, or -1 if it is none and stands for itself. */
  private static long times(String text, int from, int to) {
    long times = 0;
    long greatest = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == ',') {
        greatest = Math.max(greatest, times + 1);
        times = 0;
      } else if (c >= '0' && c <= '9') {
        times = Math.min(times * 10 + (c - '0'), MOST);
      } else {
        return -1;
      }
    }
    return from == to ? -1 : Math.max(greatest, times);
  }

  private static int classEnd(String text, int from) {
    int i = from + 1;
    if (i < text.length() && text.charAt(i) == '^') {
      i++;
    }
    if (i < text.length() && text.charAt(i) == ']') {
      i++;
    }
    for (; i < text.length() && text.charAt(i) != ']'; i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.startsWith("[:", i)) {
        int end = text.indexOf(":]", i);
        i = end < 0 ? i : end + 1;
      }
    }
    return i;
  }
}
