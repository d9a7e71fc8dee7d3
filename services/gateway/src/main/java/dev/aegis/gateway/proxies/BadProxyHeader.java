package dev.aegis.gateway.proxies;

import java.io.IOException;

/** A connection does not begin as the PROXY protocol has it; it is closed without an answer. */
public final class BadProxyHeader extends IOException {
  private static final long serialVersionUID = 1;

  BadProxyHeader(String detail) {
    super("PROXY protocol: " + detail);
  }
}
