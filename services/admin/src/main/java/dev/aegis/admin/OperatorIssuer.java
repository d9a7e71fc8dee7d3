package dev.aegis.admin;

import dev.aegis.admin.access.IssuedOperators;
import dev.aegis.admin.settings.IssuerSettings;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.chassis.Version;
import dev.aegis.egress.Caller;
import dev.aegis.egress.EgressGuard;
import dev.aegis.egress.SystemResolver;
import dev.aegis.journal.PublishedKeys;
import dev.aegis.model.Finding;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.keys.Documents;
import dev.aegis.tokens.keys.KeysFolder;
import dev.aegis.tokens.keys.RemoteKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** The issuer whose tokens operators may show, as the settings say, and what follows its keys. */
final class OperatorIssuer implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration MOST_LEEWAY = Duration.ofMinutes(5);
  private static final int OVERLAP_SECONDS = 300;
  private static final int MAX_STALE_SECONDS = 86_400;

  private final SystemResolver names = new SystemResolver();
  private final Caller outside;
  private final RemoteKeys keys;
  private final IssuedOperators operators;

  private OperatorIssuer(
      IssuedOperators.Terms terms, Settings settings, Path folder, InstantSource clock) {
    outside =
        new Caller(
            names,
            new EgressGuard(settings.of(IssuerSettings.ALLOWED_NETWORKS)),
            (SSLSocketFactory) SSLSocketFactory.getDefault(),
            CONNECT,
            CALL);
    Map<String, String> headers =
        Map.of("Accept", "application/json", "User-Agent", "Aegis/" + Version.text());
    keys =
        new RemoteKeys(
            place -> outside.fetch(place, headers, Documents.MOST), new KeysFolder(folder), clock);
    PublishedKeys.Place place =
        settings
            .of(IssuerSettings.JWKS_URL)
            .<PublishedKeys.Place>map(PublishedKeys.At::new)
            .orElse(new PublishedKeys.Discovered(terms.issuer()));
    KeySet followed =
        keys.put(
            "",
            IssuerSettings.ISSUER.name(),
            terms.algorithms(),
            new PublishedKeys(place, OVERLAP_SECONDS, MAX_STALE_SECONDS));
    keys.forgetUnused();
    operators = new IssuedOperators(terms, followed, clock);
  }

  /**
   * Begins to fetch the keys of the issuer that the settings name.
   *
   * @param folder where the last known keys outlive this process
   * @return null when they name none
   * @throws StartFailure when they say half of it, with all that is missing
   */
  static @Nullable OperatorIssuer start(Settings settings, Path folder, InstantSource clock)
      throws StartFailure {
    String issuer = settings.of(IssuerSettings.ISSUER).orElse(null);
    String audience = settings.of(IssuerSettings.AUDIENCE).orElse(null);
    boolean granting = !settings.of(IssuerSettings.OPERATORS).isEmpty();
    if (issuer == null) {
      if (audience != null || granting || settings.of(IssuerSettings.JWKS_URL).isPresent()) {
        throw new StartFailure(
            "which issuer are admin.oidc.audience, admin.oidc.jwks_url and admin.oidc.operators"
                + " for? Set "
                + IssuerSettings.ISSUER.env());
      }
      return null;
    }
    List<String> missing = new ArrayList<>();
    if (audience == null) {
      missing.add(IssuerSettings.AUDIENCE.name() + " must say whom its tokens are for");
    }
    if (!granting) {
      missing.add(IssuerSettings.OPERATORS.name() + " must say who may do what");
    }
    Duration leeway = settings.of(IssuerSettings.LEEWAY);
    if (leeway.compareTo(MOST_LEEWAY) > 0) {
      missing.add(IssuerSettings.LEEWAY.name() + " must be at most 5m");
    }
    if (audience == null || !missing.isEmpty()) {
      throw new StartFailure(
          "admin.oidc.issuer is given, and with it: " + String.join("; ", missing));
    }
    return new OperatorIssuer(
        new IssuedOperators.Terms(
            issuer,
            audience,
            settings.of(IssuerSettings.ALGORITHMS),
            leeway,
            settings.of(IssuerSettings.OPERATORS)),
        settings,
        folder,
        clock);
  }

  /** Knows its operators. */
  IssuedOperators operators() {
    return operators;
  }

  /** What is wrong with its keys. */
  List<Finding> findings() {
    return keys.findings();
  }

  void addTo(Metrics metrics) {
    for (RemoteKeys.Outcome outcome : RemoteKeys.Outcome.values()) {
      metrics.counter(
          "aegis_jwks_fetches_total",
          "Times that the keys of an issuer were fetched",
          () -> keys.count(outcome),
          "outcome",
          outcome.label());
    }
    metrics.gauge(
        "aegis_jwks_unanswered",
        "Key sets of issuers that are not answered for, so that the last known keys stay",
        keys::unanswered);
  }

  @Override
  public void close() {
    keys.close();
    outside.close();
    names.close();
  }
}
