package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Wording;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What plugins change about how one refusal is told, put together. */
public final class RefusalEdit implements Wording {
  private static final int MOST_DETAIL = 1024;
  private static final int MOST_BODY = 64 * 1024;

  /** What refusals say themselves: how to go on, and what was refused. */
  private static final Set<String> SAID =
      Set.of(
          "content-type",
          "content-length",
          "cache-control",
          "www-authenticate",
          "accept-signature",
          "retry-after",
          "allow",
          "vary",
          "ratelimit",
          "ratelimit-policy",
          "x-ratelimit-limit",
          "x-ratelimit-remaining",
          "x-ratelimit-reset",
          "grpc-status",
          "grpc-message");

  private final Edit lines;
  private @Nullable String detail;
  private String contentType = "";
  private byte @Nullable [] content;

  RefusalEdit(Edit.Names names) {
    this.lines = new Edit(names);
  }

  /** The names that may be said. */
  static Edit.Names names(String reserved) {
    return new Edit.Names(ConcurrentHashMap.newKeySet(), reserved, SAID);
  }

  @Override
  public void detail(String text) {
    if (text.length() > MOST_DETAIL || text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException(
          "a detail has " + MOST_DETAIL + " characters at most, and no control characters");
    }
    detail = text;
  }

  @Override
  public void header(String name, String value) {
    lines.add(name, value);
  }

  @Override
  public void body(String contentType, byte[] bytes) {
    if (bytes.length > MOST_BODY) {
      throw new IllegalArgumentException("a refusal has " + MOST_BODY + " bytes at most");
    }
    if (contentType.isBlank() || contentType.chars().anyMatch(c -> c < ' ' || c >= 0x7f)) {
      throw new IllegalArgumentException("a content type is of visible ASCII");
    }
    this.contentType = contentType;
    content = bytes.clone();
  }

  /**
   * This and then the other.
   *
   * @return false if both are too much together: then it is this alone
   */
  boolean follow(RefusalEdit later) {
    if (!lines.follow(later.lines)) {
      return false;
    }
    detail = later.detail == null ? detail : later.detail;
    if (later.content != null) {
      contentType = later.contentType;
      content = later.content;
    }
    return true;
  }

  /** The detail, {@code usual} if nobody says another. */
  public String detailOr(String usual) {
    return detail == null ? usual : detail;
  }

  /** What stands in the place of the problem, null for nothing. */
  public byte @Nullable [] content() {
    return content;
  }

  /** Its {@code Content-Type}. */
  public String contentType() {
    return contentType;
  }

  /** Gives {@code to} the name and value of each line that comes beside Aegis' own. */
  public void lines(BiConsumer<String, String> to) {
    lines.lines(to);
  }
}
