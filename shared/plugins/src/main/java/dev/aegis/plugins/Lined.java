package dev.aegis.plugins;

import java.util.List;

/** A head of which those who come with Aegis see all lines. */
public interface Lined {
  /** Name, value, name, value … in their order, credentials not among them. */
  List<String> lines();
}
