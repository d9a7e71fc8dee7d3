package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * A request as a test makes it.
 *
 * @param lines names and values of its header, in turns
 */
record Asked(String method, String path, String query, List<String> lines) implements Request {
  Asked {
    lines = List.copyOf(lines);
  }

  Asked(String query, List<String> lines) {
    this("POST", "/", query, lines);
  }

  static Asked with(String... lines) {
    return new Asked("", List.of(lines));
  }

  @Override
  public String id() {
    return "id";
  }

  @Override
  public String tenant() {
    return "t";
  }

  @Override
  public String route() {
    return "r";
  }

  @Override
  public String host() {
    return "t.test";
  }

  @Override
  public String address() {
    return "127.0.0.1";
  }

  @Override
  public boolean secure() {
    return true;
  }

  @Override
  public String subject() {
    return "";
  }

  @Override
  public String header(String name) {
    List<String> values = headers(name);
    return values.isEmpty() ? "" : values.getFirst();
  }

  @Override
  public List<String> headers(String name) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < lines.size(); i += 2) {
      if (lines.get(i).equalsIgnoreCase(name)) {
        values.add(lines.get(i + 1));
      }
    }
    return values;
  }
}
