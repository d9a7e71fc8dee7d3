package dev.aegis.plugin;

import java.util.List;

/**
 * Something that can be installed and put to use: what it is called, what it can be told, and what
 * it then does. Found as a {@link java.util.ServiceLoader} provider of this type; its class is
 * public, with a public constructor without parameters.
 *
 * @param <C> its configuration, a public record. JSON objects are read into it and its JSON Schema
 *     follows from it: strings, {@code int}, {@code long}, {@code boolean}, {@code double}, enums
 *     (as words in lower case), records, lists, and maps from strings, of these; see {@link
 *     Member}. What its constructor throws as an {@link IllegalArgumentException} is told to
 *     whoever wrote the configuration.
 */
public interface Plugin<C extends Record> {
  /** What configurations call it: {@code [a-z][a-z0-9_]*}, at most 63 characters. */
  String name();

  /** What it does, in a sentence. */
  String description();

  /** The type of its configurations. */
  Class<C> config();

  /** Names of plugins that have to run before it on each of its routes. */
  default List<String> requires() {
    return List.of();
  }

  /**
   * Whether several of it on one route all run. Otherwise only the nearest one does: of a route
   * before of an upstream, of the tenant before of those above it, and the whole installation's
   * last.
   */
  default boolean adds() {
    return true;
  }

  /**
   * The narrowest place where it can be put to use. A filter of a phase in which no route is known
   * yet is never asked for the requests of one route.
   */
  default Place narrowest() {
    return Place.ROUTE;
  }

  /**
   * Makes what runs on requests. Called once for each tenant and configuration, so that nothing of
   * one tenant is at hand where another's requests are served.
   *
   * @throws IllegalArgumentException if this configuration makes no sense; the message is a finding
   */
  Filter configure(C config);
}
