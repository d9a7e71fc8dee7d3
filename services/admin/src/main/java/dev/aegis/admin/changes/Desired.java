package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.ObjectKey;
import org.jspecify.annotations.Nullable;

/**
 * What shall hold of one object, whatever holds now.
 *
 * @param key the object
 * @param body as an operator sends it or as the journal keeps it: a secret may stand in clear, or
 *     sealed or hashed as it is kept, or be left out to stay what it is. Null when there shall be
 *     no such object
 */
public record Desired(ObjectKey key, @Nullable ObjectNode body) {}
