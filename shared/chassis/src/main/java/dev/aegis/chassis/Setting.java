package dev.aegis.chassis;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting of a process: how it is named on the command line and in the file, in the
 * environment, how its text is read, what it is when nobody says.
 *
 * @param <T> type of the value; {@link Optional} when it may be absent
 */
public final class Setting<T> {
  /** Reads the text of a value. */
  @FunctionalInterface
  interface Parser<T> {
    /**
     * The value.
     *
     * @throws IllegalArgumentException saying what the text must be, without repeating it
     */
    T parse(String text);
  }

  private enum Form {
    PLAIN,
    FLAG,
    SECRET
  }

  private final String name;
  private final String env;
  private final @Nullable String defaultText;
  private final @Nullable T absent;
  private final Form form;
  private final String doc;
  private final Parser<T> parser;

  private Setting(
      String name,
      String env,
      @Nullable String defaultText,
      @Nullable T absent,
      Form form,
      String doc,
      Parser<T> parser) {
    this.name = name;
    this.env = env;
    this.defaultText = defaultText;
    this.absent = absent;
    this.form = form;
    this.doc = doc;
    this.parser = parser;
  }

  /** A TCP port; 0 picks a free one. */
  public static Setting<Integer> port(String name, String env, int dflt, String doc) {
    return of(name, env, String.valueOf(dflt), doc, text -> (int) parseLong(text, 0, 65535));
  }

  /** A whole number from {@code min} to {@code max}. */
  public static Setting<Long> number(
      String name, String env, long dflt, long min, long max, String doc) {
    return of(name, env, String.valueOf(dflt), doc, text -> parseLong(text, min, max));
  }

  /** Text that is never empty. */
  public static Setting<String> text(String name, String env, String dflt, String doc) {
    return of(name, env, dflt, doc, Setting::nonBlank);
  }

  /** Text without a default: the start stops when nobody gives it. */
  public static Setting<String> requiredText(String name, String env, String doc) {
    return new Setting<>(name, env, null, null, Form.PLAIN, doc, Setting::nonBlank);
  }

  /** Text that may be absent. */
  public static Setting<Optional<String>> optionalText(String name, String env, String doc) {
    return new Setting<>(
        name, env, null, Optional.empty(), Form.PLAIN, doc, text -> Optional.of(nonBlank(text)));
  }

  /** Text that may be absent and never appears in a message. */
  public static Setting<Optional<String>> secret(String name, String env, String doc) {
    return secret(name, env, doc, Setting::nonBlank);
  }

  /** The same for a text that {@code parser} reads. */
  public static <T> Setting<Optional<T>> secret(
      String name, String env, String doc, Function<String, T> parser) {
    return new Setting<>(
        name,
        env,
        null,
        Optional.empty(),
        Form.SECRET,
        doc,
        text -> Optional.of(parser.apply(text)));
  }

  /**
   * Base URL of a peer, which may be absent. Never shown in a message: it may hold a password.
   *
   * @param example a right one
   * @param others schemes beside the example's
   */
  public static Setting<Optional<String>> peerUrl(
      String name, String env, String example, String doc, String... others) {
    List<String> schemes = new ArrayList<>(List.of(others));
    schemes.add(URI.create(example).getScheme());
    return new Setting<>(
        name,
        env,
        null,
        Optional.empty(),
        Form.SECRET,
        doc,
        text -> Optional.of(peerUrl(text, schemes, example)));
  }

  /** One of {@code choices}. */
  public static Setting<String> choice(
      String name, String env, String dflt, List<String> choices, String doc) {
    List<String> known = List.copyOf(choices);
    return of(
        name,
        env,
        dflt,
        doc,
        text -> {
          if (!known.contains(text)) {
            throw new IllegalArgumentException("must be one of " + String.join(", ", known));
          }
          return text;
        });
  }

  /** Texts separated by commas, or a list in the file; may be empty. */
  public static Setting<List<String>> texts(
      String name, String env, List<String> dflt, String doc) {
    return of(
        name,
        env,
        String.join(",", dflt),
        doc,
        text ->
            Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList());
  }

  /** true or false; on the command line also {@code --name} and {@code --no-name}. */
  public static Setting<Boolean> flag(String name, String env, boolean dflt, String doc) {
    return new Setting<>(
        name,
        env,
        String.valueOf(dflt),
        null,
        Form.FLAG,
        doc,
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true", "yes", "on", "1" -> true;
              case "false", "no", "off", "0" -> false;
              default -> throw new IllegalArgumentException("must be true or false");
            });
  }

  /** A span of time: a number and {@code ms}, {@code s}, {@code m}, {@code h} or {@code d}. */
  public static Setting<Duration> duration(String name, String env, Duration dflt, String doc) {
    return of(name, env, Quantities.durationText(dflt), doc, Quantities::duration);
  }

  /** A number of bytes: a number, optionally with {@code k}, {@code m} or {@code g} (of 1024). */
  public static Setting<Long> bytes(String name, String env, long dflt, String doc) {
    return of(name, env, Quantities.bytesText(dflt), doc, Quantities::bytes);
  }

  /** A path of the file system; a relative one counts from the working directory. */
  public static Setting<Path> path(String name, String env, String dflt, String doc) {
    return of(name, env, dflt, doc, text -> Path.of(nonBlank(text)));
  }

  /** A setting whose text {@code parser} reads, with a default. */
  public static <T> Setting<T> of(
      String name, String env, String dflt, String doc, Function<String, T> parser) {
    return new Setting<>(name, env, dflt, null, Form.PLAIN, doc, parser::apply);
  }

  /** A setting whose text {@code parser} reads, and that may be absent. */
  public static <T> Setting<Optional<T>> optional(
      String name, String env, String doc, Function<String, T> parser) {
    return new Setting<>(
        name,
        env,
        null,
        Optional.empty(),
        Form.PLAIN,
        doc,
        text -> Optional.of(parser.apply(text)));
  }

  /** Dotted name on the command line ({@code --name=value}) and in the file. */
  public String name() {
    return name;
  }

  /** Environment variable. */
  public String env() {
    return env;
  }

  /** What it is, in a few words. */
  public String doc() {
    return doc;
  }

  /** Text of the default, or null when there is none. */
  public @Nullable String defaultText() {
    return defaultText;
  }

  /** Whether its value must not be shown. */
  public boolean isSecret() {
    return form == Form.SECRET;
  }

  /** Whether its value is true or false. */
  boolean isFlag() {
    return form == Form.FLAG;
  }

  T parse(String text) {
    return parser.parse(text);
  }

  /** What holds when nobody says anything, or null when somebody must. */
  @Nullable T fallback() {
    return defaultText == null ? absent : parser.parse(defaultText);
  }

  private static long parseLong(String text, long min, long max) {
    try {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, together with numbers out of range.
    }
    throw new IllegalArgumentException("must be a whole number from " + min + " to " + max);
  }

  private static String peerUrl(String text, List<String> schemes, String example) {
    try {
      URI url = new URI(text);
      if (schemes.contains(String.valueOf(url.getScheme()))
          && url.getHost() != null
          && url.getPort() > 0) {
        return text;
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    throw new IllegalArgumentException("must be a URL such as " + example);
  }

  private static String nonBlank(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("must not be empty");
    }
    return text;
  }

  @Override
  public String toString() {
    return name + " (" + env + ")";
  }
}
