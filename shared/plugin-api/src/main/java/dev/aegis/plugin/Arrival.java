package dev.aegis.plugin;

/**
 * A caller's new connection, of which nothing has been read yet.
 *
 * @param address of the caller, textual; behind a proxy that announces it, whom it announces
 * @param secure whether it is one for TLS
 */
public record Arrival(String address, boolean secure) {}
