package dev.aegis.admin.settings;

import dev.aegis.admin.access.Grant;
import dev.aegis.chassis.Setting;
import dev.aegis.egress.Network;
import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.SigningAlgorithm;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Settings of the issuer whose tokens operators may show. */
public final class IssuerSettings {
  /** Its name. */
  public static final Setting<Optional<String>> ISSUER =
      Setting.optional(
          "admin.oidc.issuer",
          "AEGIS_ADMIN_OIDC_ISSUER",
          "OpenID issuer whose tokens operators may show, such as https://idp.acme.test",
          IssuerSettings::issuer);

  /** Whom its tokens have to be for. */
  public static final Setting<Optional<String>> AUDIENCE =
      Setting.optionalText(
          "admin.oidc.audience",
          "AEGIS_ADMIN_OIDC_AUDIENCE",
          "whom tokens of the issuer must be for (aud); required with it");

  /** Where its keys are. */
  public static final Setting<Optional<URI>> JWKS_URL =
      Setting.optional(
          "admin.oidc.jwks_url",
          "AEGIS_ADMIN_OIDC_JWKS_URL",
          "where the issuer's keys are; otherwise where its discovery document says",
          IssuerSettings::url);

  /** What it signs with. */
  public static final Setting<List<SigningAlgorithm>> ALGORITHMS =
      Setting.of(
          "admin.oidc.algorithms",
          "AEGIS_ADMIN_OIDC_ALGORITHMS",
          "RS256",
          "what the issuer signs with, such as RS256,ES256; none with a shared key",
          IssuerSettings::algorithms);

  /** How far clocks may differ. */
  public static final Setting<Duration> LEEWAY =
      Setting.duration(
          "admin.oidc.leeway",
          "AEGIS_ADMIN_OIDC_LEEWAY",
          Duration.ofSeconds(30),
          "how far the issuer's clock may differ, at most 5m");

  /** What its claims make of somebody. */
  public static final Setting<List<Grant>> OPERATORS =
      Setting.of(
          "admin.oidc.operators",
          "AEGIS_ADMIN_OIDC_OPERATORS",
          "[]",
          "what claims of the issuer's tokens make of somebody: a JSON array of objects with claim,"
              + " value, role, and tenant or tenant_claim",
          Grant::parseList);

  /** Where it may be. */
  public static final Setting<List<Network>> ALLOWED_NETWORKS =
      Setting.of(
          "admin.oidc.allowed_networks",
          "AEGIS_ADMIN_OIDC_ALLOWED_NETWORKS",
          "",
          "networks that the issuer may be in although they are not public, such as 10.1.0.0/16",
          Network::parseList);

  static final List<Setting<?>> ALL =
      List.of(ISSUER, AUDIENCE, JWKS_URL, ALGORITHMS, LEEWAY, OPERATORS, ALLOWED_NETWORKS);

  private IssuerSettings() {}

  private static String issuer(String text) {
    if (url(text).getRawQuery() != null) {
      throw new IllegalArgumentException("must be a URL without query");
    }
    return text;
  }

  private static URI url(String text) {
    URI url = PublishedKeys.url(text);
    if (url == null) {
      throw new IllegalArgumentException("must be an absolute URL without user and fragment");
    }
    return url;
  }

  private static List<SigningAlgorithm> algorithms(String text) {
    List<SigningAlgorithm> algorithms = new ArrayList<>();
    for (String name : text.split(",", -1)) {
      SigningAlgorithm algorithm = SigningAlgorithm.of(name.strip());
      if (algorithm == null || algorithm.symmetric()) {
        throw new IllegalArgumentException(
            "must be a list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and"
                + " EdDSA");
      }
      algorithms.add(algorithm);
    }
    return List.copyOf(algorithms);
  }
}
