package dev.aegis.journal;

import dev.aegis.model.Finding;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that callers are shown over TLS, chosen by the host they ask for.
 *
 * @param id unique within the tenant
 * @param hosts names for which it is shown, lower case: a host, or {@code *.} and a host for any
 *     one label before it
 * @param chain the server's own certificate, then the one that signed it, and so on
 * @param privateKey key of the first certificate, PKCS #8 in PEM, sealed; null only where the
 *     definition is not valid
 * @param callersShow what callers of these hosts are asked for in turn
 * @param authorities who must have signed what callers show; empty when they are asked for nothing
 * @param callersRoles roles of the tenant that whoever shows one of these has
 */
public record CertificateDefinition(
    String id,
    List<String> hosts,
    List<X509Certificate> chain,
    @Nullable SealedSecret privateKey,
    CallersShow callersShow,
    List<X509Certificate> authorities,
    List<String> callersRoles)
    implements Definition {

  /** Whether callers show a certificate of their own in the handshake: {@code client_auth}. */
  public enum CallersShow {
    /** They are not asked. */
    NONE,
    /** They are asked and may show none. */
    OPTIONAL,
    /** Without one they are refused. */
    REQUIRED
  }

  /** Most characters of a chain, and of a key. */
  static final int MAX_PEM = 64 * 1024;

  /** How long before its end a certificate is reported. */
  private static final Duration SOON = Duration.ofDays(14);

  private static final String WILDCARD = "*.";
  private static final int MAX_CHAIN = 10;
  private static final int MAX_AUTHORITIES = 20;
  private static final int LEAST_RSA_BITS = 2048;
  private static final int MOST_RSA_BITS = 8192;
  private static final int LEAST_EC_BITS = 256;
  private static final int DNS_NAME = 2;

  static CertificateDefinition read(String id, Fields fields) {
    List<String> hosts = fields.texts("hosts");
    if (hosts.isEmpty()) {
      fields.reject("hosts", "must name at least one host");
    }
    for (String host : hosts) {
      if (!isHost(host)) {
        fields.reject(
            "hosts",
            "\"" + host + "\" is not a lower-case host name, or \"*.\" and one of two labels");
      }
    }
    String pem = fields.text("certificate", MAX_PEM);
    List<X509Certificate> chain = List.of();
    if (!pem.isEmpty()) {
      try {
        chain = Pem.certificates(pem);
        String wrong = wrong(chain);
        if (wrong != null) {
          fields.reject("certificate", wrong);
        }
      } catch (IllegalArgumentException e) {
        fields.reject("certificate", String.valueOf(e.getMessage()));
      }
    }
    SealedSecret key = SealedSecret.read(fields, "private_key");
    if (key == null) {
      fields.reject("private_key", "is required");
    }
    CallersShow show =
        CallersShow.valueOf(
            fields
                .oneOf("client_auth", "none", List.of("none", "optional", "required"))
                .toUpperCase(Locale.ROOT));
    List<X509Certificate> authorities = authorities(fields);
    if (show != CallersShow.NONE && fields.absent("client_ca")) {
      fields.reject("client_ca", "is required: who signs what callers show?");
    }
    List<String> roles = fields.texts("client_roles");
    if (roles.stream().anyMatch(role -> role.indexOf(',') >= 0)) {
      fields.reject("client_roles", "must hold ids of roles");
    }
    return new CertificateDefinition(
        id, hosts, chain, key, show, show == CallersShow.NONE ? List.of() : authorities, roles);
  }

  /**
   * They must be authorities: the certificate of a caller in their place would be taken without a
   * look at its time.
   */
  private static List<X509Certificate> authorities(Fields fields) {
    if (fields.absent("client_ca")) {
      fields.textOr("client_ca", "");
      return List.of();
    }
    String pem = fields.text("client_ca", MAX_PEM);
    if (pem.isEmpty()) {
      return List.of();
    }
    try {
      List<X509Certificate> authorities = Pem.certificates(pem);
      if (authorities.size() > MAX_AUTHORITIES) {
        fields.reject("client_ca", "must hold at most " + MAX_AUTHORITIES + " certificates");
      }
      for (int i = 0; i < authorities.size(); i++) {
        if (authorities.get(i).getBasicConstraints() < 0) {
          fields.reject("client_ca", "certificate " + (i + 1) + " is not that of an authority");
        }
      }
      return authorities;
    } catch (IllegalArgumentException e) {
      fields.reject("client_ca", String.valueOf(e.getMessage()));
      return List.of();
    }
  }

  /** Hosts for which a caller will not accept it, because it does not name them (RFC 9525). */
  public List<String> unnamed() {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> alternatives = chain.getFirst().getSubjectAlternativeNames();
      for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
        if (alternative.getFirst().equals(DNS_NAME)) {
          names.add(String.valueOf(alternative.get(1)).toLowerCase(Locale.ROOT));
        }
      }
    } catch (CertificateParsingException e) {
      return hosts; // what cannot be read names nothing
    }
    List<String> unnamed = new ArrayList<>();
    for (String host : hosts) {
      if (!names.contains(host) && !names.contains(wildcard(host))) {
        unnamed.add(host);
      }
    }
    return unnamed;
  }

  /**
   * What is suspicious about it: hosts that it does not name, and its time. It is shown all the
   * same, because a caller that refuses it is told why, and any other certificate would be worse.
   */
  public List<Finding> findings(ObjectKey key, Instant now) {
    List<Finding> findings = new ArrayList<>();
    String subject = key.toString();
    for (String host : unnamed()) {
      findings.add(
          Finding.warning(
              subject, "the certificate does not name \"" + host + "\": callers refuse it there"));
    }
    Instant from = chain.getFirst().getNotBefore().toInstant();
    Instant until = chain.getFirst().getNotAfter().toInstant();
    if (now.isAfter(until)) {
      findings.add(Finding.warning(subject, "it has expired at " + until + ": callers refuse it"));
    } else if (now.isBefore(from)) {
      findings.add(Finding.warning(subject, "it is not valid before " + from));
    } else if (now.isAfter(until.minus(SOON))) {
      findings.add(Finding.warning(subject, "it expires at " + until));
    }
    return findings;
  }

  /** The wildcard that stands for {@code host} and its siblings, such as {@code *.acme.test}. */
  public static String wildcard(String host) {
    int dot = host.indexOf('.');
    return dot < 0 ? host : "*" + host.substring(dot);
  }

  private static boolean isHost(String host) {
    if (!host.startsWith(WILDCARD)) {
      return TenantDefinition.isHost(host);
    }
    String below = host.substring(WILDCARD.length());
    return below.indexOf('.') > 0 && TenantDefinition.isHost(below);
  }

  /** What is wrong with a chain that could be read, or null. */
  static @Nullable String wrong(List<X509Certificate> chain) {
    if (chain.size() > MAX_CHAIN) {
      return "must hold at most " + MAX_CHAIN + " certificates";
    }
    for (int i = 1; i < chain.size(); i++) {
      try {
        chain.get(i - 1).verify(chain.get(i).getPublicKey());
      } catch (GeneralSecurityException e) {
        return "certificate " + i + " is not signed by certificate " + (i + 1);
      }
    }
    PublicKey key = chain.getFirst().getPublicKey();
    boolean sound =
        switch (key) {
          case RSAPublicKey rsa ->
              key.getAlgorithm().equals("RSA")
                  && rsa.getModulus().bitLength() >= LEAST_RSA_BITS
                  && rsa.getModulus().bitLength() <= MOST_RSA_BITS;
          case ECPublicKey ec ->
              ec.getParams().getCurve().getField().getFieldSize() >= LEAST_EC_BITS;
          default -> false;
        };
    return sound ? null : "must have an RSA key of 2048 to 8192 bits or an EC key of 256 or more";
  }
}
