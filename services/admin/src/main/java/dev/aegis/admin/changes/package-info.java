/**
 * How the configuration is changed: a wish becomes a draft against the fold, the draft a record of
 * the journal, and the journal's order decides whether it was granted.
 */
package dev.aegis.admin.changes;
