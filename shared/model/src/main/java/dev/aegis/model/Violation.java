package dev.aegis.model;

/**
 * One thing wrong with a submitted document.
 *
 * @param field JSON Pointer to the offending member (RFC 6901), {@code ""} for the whole document
 * @param message what is wrong and what would be right, for a person
 */
public record Violation(String field, String message) {}
