package dev.aegis.admin.api;

import dev.aegis.admin.changes.Guard;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Entity tags and what callers say about them (RFC 9110 sections 8.8.3 and 13.1). */
final class Preconditions {
  private static final Pattern TAG = Pattern.compile("\\s*(W/)?\"([^\"]*)\"\\s*(?:,|$)");
  private static final Pattern REVISION = Pattern.compile("[0-9]{1,18}");

  private Preconditions() {}

  /** The tag of a revision. */
  static String tag(long revision) {
    return "\"" + revision + "\"";
  }

  /** What a write expects. */
  static Guard guard(Call call) {
    String ifMatch = call.header("If-Match");
    String ifNoneMatch = call.header("If-None-Match");
    if (ifMatch != null && ifNoneMatch != null) {
      throw RefusedCall.malformed("If-Match and If-None-Match contradict each other");
    }
    if (ifMatch != null) {
      return ifMatch.strip().equals("*")
          ? new Guard.Exists()
          : new Guard.Matches(revisions("If-Match", ifMatch, false));
    }
    if (ifNoneMatch != null) {
      if (!ifNoneMatch.strip().equals("*")) {
        throw RefusedCall.malformed("On a write If-None-Match takes only *");
      }
      return new Guard.Absent();
    }
    return new Guard.None();
  }

  /** Whether the caller of a read has this revision already. */
  static boolean known(@Nullable String ifNoneMatch, long revision) {
    return ifNoneMatch != null
        && (ifNoneMatch.strip().equals("*")
            || revisions("If-None-Match", ifNoneMatch, true).contains(revision));
  }

  /** A weak tag names a revision too, but guards nothing. */
  private static Set<Long> revisions(String header, String value, boolean weak) {
    Set<Long> revisions = new LinkedHashSet<>();
    Matcher tag = TAG.matcher(value);
    int end = 0;
    while (end < value.length()) {
      if (!tag.find(end) || tag.start() != end) {
        throw RefusedCall.malformed(header + " must be * or entity tags such as \"42\"");
      }
      end = tag.end();
      if ((weak || tag.group(1) == null) && REVISION.matcher(tag.group(2)).matches()) {
        revisions.add(Long.parseLong(tag.group(2)));
      }
    }
    return revisions;
  }
}
