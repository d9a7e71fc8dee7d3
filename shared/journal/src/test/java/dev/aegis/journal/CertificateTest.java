package dev.aegis.journal;

import static dev.aegis.journal.Changes.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Finding;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates as tenants publish them, made by OpenSSL. */
final class CertificateTest {
  private static final ObjectNode SEALED =
      json("{'key_id':'a','ciphertext':'" + "A".repeat(12_000) + "'}");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // hosts | files of the chain | what is wrong, nothing when it stands
        "'shop.acme.test' | rsa.pem |",
        "'*.acme.test' | rsa.pem |",
        "'api.acme.test' | chain.pem |",
        "| rsa.pem | /hosts must name at least one host",
        "'Shop.acme.test' | rsa.pem | /hosts `Shop.acme.test` is not a lower-case host name",
        "'*.test' | rsa.pem | /hosts `*.test` is not",
        "'*' | rsa.pem | /hosts `*` is not",
        "'a.*.test' | rsa.pem | /hosts `a.*.test` is not",
        "'*.*.acme.test' | rsa.pem | /hosts `*.*.acme.test` is not",
        "'a.test:443' | rsa.pem | /hosts `a.test:443` is not",
        "'a.test' | small.pem | /certificate must have an RSA key of 2048 to 8192 bits",
        "'a.test' | ed.pem | /certificate must have an RSA key of 2048 to 8192 bits",
        "'a.test' | ca.pem chain.pem | /certificate certificate 1 is not signed by certificate 2",
        "'a.test' | rsa.key | /certificate must hold a certificate in PEM",
      })
  void eachRuleHolds(String hosts, String files, String wrong) {
    StringBuilder chain = new StringBuilder();
    for (String file : files.split(" ")) {
      chain.append(text(file));
    }
    List<String> violations =
        violations(hosts == null ? "" : hosts, chain.toString()).stream()
            .map(violation -> violation.field() + " " + violation.message())
            .toList();
    if (wrong == null) {
      assertThat(violations).isEmpty();
    } else {
      assertThat(violations).singleElement().asString().startsWith(wrong.replace('`', '"'));
    }
  }

  @Test
  void aBrokenBlockIsOneViolation() {
    String whole = text("rsa.pem");
    for (String broken :
        List.of(
            whole.substring(0, whole.length() - 30),
            whole.replace("MII", "M?I"),
            whole.replace("MII", ""),
            "-----BEGIN CERTIFICATE",
            "-----BEGIN CERTIFICATE----------END CERTIFICATE-----")) {
      assertThat(violations("'a.test'", broken))
          .singleElement()
          .extracting(Violation::field)
          .isEqualTo("/certificate");
    }
  }

  @Test
  void theKeyIsRequiredAndMustBeSealed() {
    ObjectNode document = document("'shop.acme.test'", text("rsa.pem"));
    document.remove("private_key");
    assertThat(violations(document)).extracting(Violation::field).containsExactly("/private_key");
    document.put("private_key", "plain");
    assertThat(violations(document)).extracting(Violation::field).containsOnly("/private_key");
  }

  @Test
  void theKeyIsThatOfTheFirstCertificate() {
    KeyedChain rsa = KeyedChain.of(Pem.certificates(text("rsa.pem")), text("rsa.key"));
    assertThat(rsa.key().getAlgorithm()).isEqualTo("RSA");
    assertThat(rsa).asString().doesNotContain("modulus");
    KeyedChain chain = KeyedChain.of(Pem.certificates(text("chain.pem")), text("chain.key"));
    assertThat(chain.chain()).hasSize(2);
    assertThat(chain.key().getAlgorithm()).isEqualTo("EC");
    assertThat(KeyedChain.of(chain.chain(), Pem.text(chain.key()))).isEqualTo(chain);
    assertThat(Pem.certificates(Pem.text(chain.own()))).containsExactly(chain.own());
  }

  @ParameterizedTest
  @CsvSource({
    "ca.pem,chain.key,does not belong to the certificate",
    "rsa.pem,chain.key,is not an RSA key",
    "rsa.pem,rsa.pem,must be a private key in PEM",
    "rsa.pem,rsa-traditional.key,openssl pkcs8 -topk8 -nocrypt",
  })
  void anotherKeyIsRefusedAndNotRepeated(String chain, String key, String reason) {
    String secret = text(key);
    assertThatThrownBy(() -> KeyedChain.of(Pem.certificates(text(chain)), secret))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason)
        .hasMessageNotContaining(secret.lines().toList().get(3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // client_auth | file of client_ca | client_roles | what is wrong, nothing when it stands
        "none | | |",
        "none | authority.pem | |",
        "required | authority.pem | reader |",
        "optional | authority.pem | |",
        "required | | | /client_ca is required",
        "optional | | | /client_ca is required",
        "always | authority.pem | | /client_auth must be one of none, optional, required",
        "required | rsa.key | | /client_ca must hold a certificate in PEM",
        "required | chain.pem | | /client_ca certificate 1 is not that of an authority",
        "required | authority.pem | a,b | /client_roles must hold ids of roles",
      })
  void whatCallersShowMustBeVouchedFor(String auth, String file, String role, String wrong) {
    ObjectNode document = document("'shop.acme.test'", text("rsa.pem")).put("client_auth", auth);
    if (file != null) {
      document.put("client_ca", text(file));
    }
    if (role != null) {
      document.putArray("client_roles").add(role);
    }
    List<String> violations =
        violations(document).stream()
            .map(violation -> violation.field() + " " + violation.message())
            .toList();
    if (wrong == null) {
      assertThat(violations).isEmpty();
      CertificateDefinition read =
          (CertificateDefinition) Definition.read(Kind.CERTIFICATE, document);
      assertThat(read.authorities()).hasSize(auth.equals("none") ? 0 : 1);
    } else {
      assertThat(violations).singleElement().asString().startsWith(wrong);
    }
  }

  @Test
  void hostsThatTheCertificateDoesNotNameAreKnown() {
    assertThat(definition("'shop.acme.test','a.acme.test','*.acme.test'", "rsa.pem").unnamed())
        .isEmpty();
    assertThat(definition("'acme.test','a.b.acme.test','api.acme.test'", "rsa.pem").unnamed())
        .containsExactly("acme.test", "a.b.acme.test");
    assertThat(definition("'api.acme.test','*.acme.test'", "chain.pem").unnamed())
        .containsExactly("*.acme.test");
    assertThat(definition("'api.acme.test'", "ca.pem").unnamed()).containsExactly("api.acme.test");
  }

  @Test
  void itsTimeIsAFindingAndNoViolation() {
    CertificateDefinition certificate = definition("'shop.acme.test'", "rsa.pem");
    ObjectKey key = new ObjectKey(Kind.CERTIFICATE, "acme", "c");
    X509Certificate own = certificate.chain().getFirst();
    Instant from = own.getNotBefore().toInstant();
    Instant until = own.getNotAfter().toInstant();
    assertThat(certificate.findings(key, from)).isEmpty();
    assertThat(certificate.findings(key, from.minusSeconds(1)))
        .containsExactly(Finding.warning(key.toString(), "it is not valid before " + from));
    assertThat(certificate.findings(key, until))
        .containsExactly(Finding.warning(key.toString(), "it expires at " + until));
    assertThat(certificate.findings(key, until.plusSeconds(1)))
        .containsExactly(
            Finding.warning(key.toString(), "it has expired at " + until + ": callers refuse it"));
    assertThat(definition("'x.test'", "rsa.pem").findings(key, from))
        .extracting(Finding::message)
        .containsExactly("the certificate does not name \"x.test\": callers refuse it there");
  }

  private static CertificateDefinition definition(String hosts, String file) {
    return (CertificateDefinition) Definition.read(Kind.CERTIFICATE, document(hosts, text(file)));
  }

  private static List<Violation> violations(String hosts, String chain) {
    return violations(document(hosts, chain));
  }

  private static List<Violation> violations(ObjectNode document) {
    try {
      Definition.read(Kind.CERTIFICATE, document);
      return List.of();
    } catch (InvalidDefinition e) {
      return e.violations();
    }
  }

  private static ObjectNode document(String hosts, String chain) {
    ObjectNode document = json("{'id':'c','hosts':[" + hosts + "]}").put("certificate", chain);
    document.set("private_key", SEALED.deepCopy());
    return document;
  }

  private static String text(String file) {
    try (InputStream in = CertificateTest.class.getResourceAsStream("/tls/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
