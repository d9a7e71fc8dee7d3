package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Entry;
import dev.aegis.journal.ObjectKey;
import org.jspecify.annotations.Nullable;

/** A change of one object, ready to be written. */
interface Writable {
  /** The object. */
  ObjectKey key();

  /** As it stands, null when it does not exist. */
  @Nullable Entry before();

  /** As it shall stand, null to delete it. */
  @Nullable ObjectNode after();
}
