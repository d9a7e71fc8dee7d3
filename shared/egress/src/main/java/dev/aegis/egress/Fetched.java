package dev.aegis.egress;

import org.jspecify.annotations.Nullable;

/** What became of fetching one document. */
public sealed interface Fetched {
  /** The whole document, of a reply with status 200. */
  final class Document implements Fetched {
    private final byte[] body;
    private final @Nullable String cacheControl;

    /** A document that nobody changes any more. */
    public Document(byte[] body, @Nullable String cacheControl) {
      this.body = body;
      this.cacheControl = cacheControl;
    }

    /** What it says; not to be changed. */
    public byte[] body() {
      return body;
    }

    /** Value of {@code Cache-Control}, all of its lines; null when there is none. */
    public @Nullable String cacheControl() {
      return cacheControl;
    }
  }

  /**
   * There is none.
   *
   * @param code stable name of the reason, for logs and metrics: that of a {@link
   *     CallResult.Failure}, or {@code not_found} for a status other than 200, which for a document
   *     that was asked for by POST is named, as in {@code status_401}, {@code too_long}, {@code
   *     encoded} for a body in a content coding, {@code not_made} when the reason lies in this
   *     process
   */
  record Missed(String code) implements Fetched {}
}
