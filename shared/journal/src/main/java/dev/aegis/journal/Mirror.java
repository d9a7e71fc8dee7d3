package dev.aegis.journal;

/**
 * Who gets a copy of a route's requests beside the one that serves them.
 *
 * @param upstream id of it
 * @param percent share of the requests, 0 to 100
 * @param maxBodyBytes most bytes of the body of a request that is copied, 0 to 1 MiB
 */
public record Mirror(String upstream, int percent, int maxBodyBytes) {
  private static final int MOST = 1 << 20;

  static Mirror read(Fields fields) {
    return new Mirror(
        fields.text("upstream"),
        (int) fields.number("percent", 100, 0, 100),
        (int) fields.number("max_body_bytes", 65_536, 0, MOST));
  }
}
