package dev.aegis.gateway.tls;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/** The host that a caller asked for in its handshake (RFC 6066 section 3). */
final class ServerName {
  private ServerName() {}

  /** Lower case, null when none was asked for. */
  static @Nullable String of(List<SNIServerName> names) {
    for (SNIServerName name : names) {
      if (name.getType() == StandardConstants.SNI_HOST_NAME) {
        return of(name);
      }
    }
    return null;
  }

  /** What is no host name is nobody's, and is found nowhere. */
  static String of(SNIServerName name) {
    return new String(name.getEncoded(), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
  }
}
