package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record about an object of a kind that this version does not know. The rest of it is what every
 * change has, see {@link Change}.
 *
 * @param key the object
 * @param definition what it shall be, null to delete it
 * @param expected revision that the writer saw
 * @param actor who asked for it
 * @param at when
 */
public record UnknownChange(
    UnknownKey key, @Nullable ObjectNode definition, long expected, String actor, Instant at)
    implements JournalRecord {}
