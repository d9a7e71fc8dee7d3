package dev.aegis.plugin;

import java.util.List;

/** The head of a reply as it came from an upstream or the cache; a copy that stays as it is. */
public interface Reply {
  /** Status code. */
  int status();

  /** First value of the header field {@code name}, in any case, or {@code ""}. */
  String header(String name);

  /** Every value of the header field {@code name}, in any case. */
  List<String> headers(String name);
}
