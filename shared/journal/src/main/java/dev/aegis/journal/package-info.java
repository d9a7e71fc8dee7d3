/**
 * Configuration as one append-only log: what a definition is, what makes one valid, and the small
 * deterministic fold that every service runs over the same records.
 */
package dev.aegis.journal;
