package dev.aegis.gateway.tls;

import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.StartFailure;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What is shown to callers who ask for a host that has no certificate, or for none. It is in one
 * file in the data directory, key and chain; at first start one is made that vouches for itself,
 * good for trying things out. An operator may put another one in its place.
 */
public final class DefaultCertificate {
  private static final Duration VALID = Duration.ofDays(3650);
  private static final Duration SKEW = Duration.ofHours(1);

  private DefaultCertificate() {}

  /**
   * Reads the file, or makes it.
   *
   * @param baseDomain below which each tenant has a host
   * @throws StartFailure when it cannot be read or made, others may read it, or it does not hold a
   *     key and its certificate
   */
  public static KeyedChain of(Path file, String baseDomain, Instant now) throws StartFailure {
    String pem =
        SecretFile.readOrCreate(
            file,
            "AEGIS_DATA",
            () -> {
              KeyedChain made =
                  SelfSigned.make(
                      List.of("localhost", baseDomain, "*." + baseDomain),
                      now.minus(SKEW),
                      now.plus(VALID));
              return Pem.text(made.key()) + Pem.text(made.own());
            });
    try {
      return KeyedChain.of(Pem.certificates(pem), pem);
    } catch (IllegalArgumentException e) {
      throw new StartFailure(
          file + " " + e.getMessage() + "; correct it, or delete it and a new one is made", e);
    }
  }
}
