package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.journal.Compression;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which replies of a route are compressed: the compiled form of its {@code compression}. */
public final class Squeeze {
  /** What is true of the bytes as the target sent them, and of no others. */
  static final FieldNames OF_THE_BYTES =
      new FieldNames(
          List.of(
              "ETag", "Accept-Ranges", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest"));

  private final Set<String> types = new HashSet<>();
  private final List<String> kinds = new ArrayList<>();
  private final int least;
  private final FieldNames removed;

  /**
   * Compiles.
   *
   * @param removed names whose lines do not go on in any compressed reply of the route
   */
  public Squeeze(Compression compression, FieldNames removed) {
    for (String type : compression.types()) {
      if (type.endsWith("/*")) {
        kinds.add(type.substring(0, type.length() - 1));
      } else {
        types.add(type);
      }
    }
    this.least = compression.minBytes();
    this.removed = removed.with(OF_THE_BYTES);
  }

  /** Names whose lines do not go on in a compressed reply, these among them. */
  FieldNames removed(FieldNames more) {
    return more.with(removed);
  }

  /**
   * Whether a reply is compressed (RFC 9110 section 8.4): whole, not coded already, of one of the
   * types, and not forbidden by {@code no-transform} (RFC 9111 section 5.2.2.6).
   *
   * @param length of its body, -1 when it is not known
   */
  boolean suits(ResponseHead head, long length) {
    int status = head.status();
    return status >= 200
        && status != 206
        && (length < 0 || length >= least)
        && head.value("content-encoding") == null
        && head.value("content-range") == null
        && suits(head.value("content-type"))
        && !head.mentions("cache-control", "no-transform");
  }

  private boolean suits(@Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    if (types.contains(type)) {
      return true;
    }
    for (String kind : kinds) {
      // Events must not wait for one another in anybody's buffer.
      if (type.startsWith(kind) && !type.equals("text/event-stream")) {
        return true;
      }
    }
    return false;
  }

  /** Puts what is true of the compressed bytes. */
  void fields(ResponseHead head, Output out) {
    out.header("Content-Encoding", "gzip");
    String tag = head.value("etag");
    if (tag != null) {
      out.header("ETag", tag.startsWith("W/") ? tag : "W/" + tag); // RFC 9110 section 8.8.1
    }
  }

  /**
   * Whether a caller takes gzip (RFC 9110 section 12.5.3).
   *
   * @param accepts the value of its {@code Accept-Encoding}
   */
  public static boolean taken(@Nullable String accepts) {
    int at = 0;
    while (accepts != null && at < accepts.length()) {
      int comma = accepts.indexOf(',', at);
      int end = comma < 0 ? accepts.length() : comma;
      int semicolon = accepts.indexOf(';', at);
      int coding = semicolon < 0 || semicolon > end ? end : semicolon;
      if (accepts.substring(at, coding).strip().equalsIgnoreCase("gzip")) {
        return !nothing(accepts.substring(coding, end));
      }
      at = end + 1;
    }
    return false;
  }

  /** Whether the weight is 0. */
  private static boolean nothing(String parameters) {
    int weight = parameters.indexOf("q=");
    weight = weight < 0 ? parameters.indexOf("Q=") : weight;
    if (weight < 0) {
      return false;
    }
    for (int i = weight + 2; i < parameters.length(); i++) {
      char c = parameters.charAt(i);
      if (c >= '1' && c <= '9') {
        return false;
      }
    }
    return true;
  }
}
