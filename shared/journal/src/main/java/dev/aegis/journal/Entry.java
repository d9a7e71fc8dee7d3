package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * An object as the fold knows it.
 *
 * @param key its name
 * @param revision of its last change
 * @param createdAt when it came to be
 * @param updatedAt when it last changed
 * @param body the published document, secrets sealed; not to be modified
 */
public record Entry(
    ObjectKey key, long revision, Instant createdAt, Instant updatedAt, ObjectNode body) {
  /**
   * The document as a definition. The fold keeps what it cannot read, so that old and new versions
   * agree on what there is; the reader reports it.
   *
   * @throws InvalidDefinition when this version cannot understand it
   */
  public Definition definition() {
    return Definition.read(key.kind(), body);
  }
}
