package dev.aegis.plugins;

import dev.aegis.plugin.Request;

/** A request as those see it that come with Aegis: with what tells it from every other. */
public interface Ongoing extends Request, Lined {
  /** The same object in each of its phases, and no other's: an id may be a caller's own choice. */
  Object ticket();
}
