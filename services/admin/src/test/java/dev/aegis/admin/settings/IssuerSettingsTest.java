package dev.aegis.admin.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.aegis.admin.access.Grant;
import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.journal.OperatorDefinition.Role;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the issuer of operators is said. */
final class IssuerSettingsTest {
  /** As on the page for operators. */
  private static final List<Grant> GRANTS =
      List.of(
          new Grant("groups", "aegis-admins", Role.PLATFORM_ADMIN, new Grant.Where.Everywhere()),
          new Grant(
              "/realm_access/roles",
              "tenant123-ops",
              Role.TENANT_ADMIN,
              new Grant.Where.In("tenant123")),
          new Grant("aegis_role", "reads", Role.AUDITOR, new Grant.Where.Named("org")));

  @TempDir private Path folder;

  private static Settings read(List<String> args, Map<String, String> environment)
      throws InvalidSettings {
    return Settings.read(AdminSettings.ALL, args, environment);
  }

  @Test
  void theFileOfThePageIsUnderstood() throws Exception {
    String page = Files.readString(Repository.root().resolve("docs/operators.md"));
    int begin = page.indexOf("```yaml\n") + 8;
    Path file = folder.resolve("aegis.yaml");
    Files.writeString(file, page.substring(begin, page.indexOf("```", begin)));
    Settings settings = read(List.of("--config", file.toString()), Map.of());
    assertThat(settings.of(IssuerSettings.ISSUER)).contains("https://idp.acme.test");
    assertThat(settings.of(IssuerSettings.AUDIENCE)).contains("aegis-admin");
    assertThat(settings.of(IssuerSettings.OPERATORS)).isEqualTo(GRANTS);
  }

  @Test
  void theEnvironmentSaysTheSame() throws Exception {
    Settings settings =
        read(
            List.of(),
            Map.of(
                "AEGIS_ADMIN_OIDC_OPERATORS",
                """
                [{"claim": "groups", "value": "aegis-admins", "role": "platform_admin"},
                 {"claim": "/realm_access/roles", "value": "tenant123-ops",
                  "role": "tenant_admin", "tenant": "tenant123"},
                 {"claim": "aegis_role", "value": "reads", "role": "auditor",
                  "tenant_claim": "org"}]
                """,
                "AEGIS_ADMIN_OIDC_ALGORITHMS",
                "ES256, EdDSA"));
    assertThat(settings.of(IssuerSettings.OPERATORS)).isEqualTo(GRANTS);
    assertThat(settings.of(IssuerSettings.ALGORITHMS))
        .containsExactly(SigningAlgorithm.ES256, SigningAlgorithm.EDDSA);
  }

  @Test
  void allMistakesAreSaidAtOnce() {
    InvalidSettings wrong =
        assertThrows(
            InvalidSettings.class,
            () ->
                read(
                    List.of(
                        "--admin.oidc.issuer=https://idp.test/?x",
                        "--admin.oidc.jwks_url=https://user@idp.test/keys",
                        "--admin.oidc.algorithms=RS256,HS256",
                        "--admin.oidc.operators=[{\"claim\":\"a\",\"value\":\"b\"}]",
                        "--admin.oidc.audiences=x"),
                    Map.of()));
    assertThat(wrong.getMessage())
        .contains(
            "must be a URL without query",
            "must be an absolute URL without user and fragment",
            "must be a list of RS256",
            "/0/role must be platform_admin, tenant_admin or auditor",
            "did you mean --admin.oidc.audience?");
  }

  @Test
  void noAlgorithmWithASharedKeyCanBeSaid() {
    for (String name : List.of("HS256", "none", "", "RS256,", "rs256")) {
      assertThrows(
          InvalidSettings.class,
          () -> read(List.of("--admin.oidc.algorithms=" + name), Map.of()),
          name);
    }
  }
}
