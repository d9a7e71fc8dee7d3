package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.FixedKeys;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.SignedToken;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The signed examples of the RFCs, as they stand there. */
final class RfcExamplesTest {
  /** Payload of all examples of RFC 7520 section 4 (figure 8). */
  private static final String ADVICE =
      "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250"
          + "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcg"
          + "d2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

  /** RFC 7520 section 3.3. */
  private static final String HOBBITON_RSA =
      "{'kty':'RSA','kid':'bilbo.baggins@hobbiton.example','use':'sig','n':'n4EPtAOCc9AlkeQHPzHStgAbgs"
          + "7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_"
          + "NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1"
          + "NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwd"
          + "q_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw','e':'AQAB'}";

  record Example(String where, String algorithm, String key, String token) {
    @Override
    public String toString() {
      return where;
    }
  }

  static List<Example> examples() {
    return List.of(
        new Example(
            "RFC 7515 appendix A.1",
            "HS256",
            "{'kty':'oct','k':'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcg"
                + "UuTwjAzZr1Z9CAow'}",
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
                + "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFO"
                + "EjXk"),
        new Example(
            "RFC 7515 appendix A.2",
            "RS256",
            "{'kty':'RSA','n':'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"
                + "qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7"
                + "OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZ"
                + "lxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9"
                + "gb54h4FRWyuXpoQ','e':'AQAB'}",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
                + "LmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5"
                + "RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZL"
                + "grnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                + "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmt"
                + "VrBp0igcN_IoypGlUPQGe77Rw"),
        new Example(
            "RFC 7515 appendix A.3",
            "ES256",
            "{'kty':'EC','crv':'P-256','x':'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU','y':'x_FEzRu"
                + "9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'}",
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
                + "LmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8"
                + "ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        new Example(
            "RFC 7515 appendix A.4",
            "ES512",
            "{'kty':'EC','crv':'P-521','x':'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_N"
                + "jFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk','y':'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x"
                + "3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2'}",
            "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWR"
                + "Oc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7i"
                + "KvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"),
        new Example(
            "RFC 7520 section 4.1",
            "RS256",
            HOBBITON_RSA,
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
                + ADVICE
                + ".MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996i"
                + "vp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSN"
                + "CrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2"
                + "aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"),
        new Example(
            "RFC 7520 section 4.2",
            "PS384",
            HOBBITON_RSA,
            "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
                + ADVICE
                + ".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqH"
                + "CdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn44"
                + "2ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6ui"
                + "P1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"),
        new Example(
            "RFC 7520 section 4.3",
            "ES512",
            "{'kty':'EC','kid':'bilbo.baggins@hobbiton.example','use':'sig','crv':'P-521','x':'AHKZLLO"
                + "sCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt','y'"
                + ":'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-Hq"
                + "HZR1'}",
            "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
                + ADVICE
                + ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cm"
                + "L1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBo"
                + "mu9xQ2"),
        new Example(
            "RFC 7520 section 4.4",
            "HS256",
            "{'kty':'oct','kid':'018c0ae5-4d9b-471b-bfd6-eef314bc7037','k':'hJtXIZ2uSN5kbQfbtTNWbpdmhk"
                + "V8FJG-Onbc6mxCcYg'}",
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9."
                + ADVICE
                + ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"),
        new Example(
            "RFC 8037 appendix A.4",
            "EdDSA",
            "{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09P"
                + "GcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
  }

  private static KeySet keys(Example example) throws IOException {
    SigningAlgorithm algorithm = Objects.requireNonNull(SigningAlgorithm.of(example.algorithm()));
    ObjectNode jwk = (ObjectNode) new ObjectMapper().readTree(example.key().replace('\'', '"'));
    return algorithm.symmetric()
        ? FixedKeys.shared(
            Base64.getUrlDecoder().decode(jwk.path("k").asText()), List.of(algorithm))
        : FixedKeys.of(List.of(IssuerKey.ofJwk(jwk)), List.of(algorithm));
  }

  private static boolean holds(KeySet keys, String token) throws IOException {
    SignedToken signed = SignedToken.parse(token);
    return keys.keys(signed.algorithm(), signed.keyId()).stream()
        .anyMatch(key -> key.verifies(signed.content(), signed.signature()));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void holds(Example example) throws IOException {
    KeySet keys = keys(example);
    assertThat(holds(keys, example.token())).isTrue();
    int payload = example.token().indexOf('.') + 1;
    String changed =
        example.token().substring(0, payload) + "Z" + example.token().substring(payload + 1);
    assertThat(holds(keys, changed)).isFalse();
    for (Example other : examples()) {
      if (!other.key().equals(example.key())) {
        assertThat(holds(keys, other.token())).as("%s", other).isFalse();
      }
    }
  }

  /** RFC 7515 appendix A.5, and RFC 7519 section 6.1. */
  @Test
  void refusesTheUnsecuredExample() {
    assertThatThrownBy(
            () ->
                SignedToken.parse(
                    "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
                        + "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("alg");
  }

  /** RFC 7515 appendix A.6 and RFC 7520 sections 4.5 to 4.8 are in forms that are no tokens. */
  @Test
  void refusesOtherSerializations() throws IOException {
    Example example = examples().get(4);
    String[] parts = example.token().split("\\.");
    assertThat(holds(keys(example), parts[0] + ".." + parts[2])).isFalse();
    String json =
        "{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}"
            .formatted(parts[1], parts[0], parts[2]);
    assertThatThrownBy(() -> SignedToken.parse(json)).isInstanceOf(IOException.class);
  }
}
