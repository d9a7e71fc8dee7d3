package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * An object of a kind that this version does not know, as the fold keeps it for the version that
 * does: it is in force nowhere, and nothing of it is lost.
 *
 * @param key its name
 * @param revision of its last change
 * @param createdAt when it came to be
 * @param updatedAt when it last changed
 * @param body the published document; not to be modified
 */
public record UnknownEntry(
    UnknownKey key, long revision, Instant createdAt, Instant updatedAt, ObjectNode body) {}
