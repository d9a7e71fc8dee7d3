package dev.aegis.gateway.snapshot;

import java.util.ArrayList;
import java.util.List;

/**
 * Where callers are sent instead of being served.
 *
 * @param status 301, 302, 303, 307 or 308
 * @param parts of the URI, in their order
 */
public record Redirect(int status, List<Part> parts) {
  public Redirect {
    parts = List.copyOf(parts);
  }

  /** A part of the URI. */
  sealed interface Part {
    /** The same for every request. */
    record Literal(String text) implements Part {}

    /** What the request has there. */
    enum OfRequest implements Part {
      HOST("{host}"),
      PATH("{path}"),
      QUERY("{query}");

      private final String word;

      OfRequest(String word) {
        this.word = word;
      }
    }
  }

  /** Compiles. */
  static Redirect of(int status, String to) {
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (int at = to.indexOf('{'); at >= 0; at = to.indexOf('{', at + 1)) {
      for (Part.OfRequest part : Part.OfRequest.values()) {
        if (to.startsWith(part.word, at)) {
          parts.add(new Part.Literal(to.substring(from, at)));
          parts.add(part);
          from = at + part.word.length();
        }
      }
    }
    parts.add(new Part.Literal(to.substring(from)));
    return new Redirect(status, parts);
  }

  /**
   * The value of {@code Location}.
   *
   * @param host without port
   * @param path as an upstream would get it
   * @param query with its {@code ?}, or {@code ""}
   */
  public String location(String host, String path, String query) {
    StringBuilder location = new StringBuilder();
    for (Part part : parts) {
      location.append(
          switch (part) {
            case Part.Literal(String text) -> text;
            case Part.OfRequest.HOST -> host;
            case Part.OfRequest.PATH -> path;
            case Part.OfRequest.QUERY -> query;
          });
    }
    return location.toString();
  }
}
