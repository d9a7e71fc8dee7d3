package dev.aegis.journal;

import static dev.aegis.journal.Changes.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.aegis.model.Violation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String HASH = "ab".repeat(32);

  @Test
  void keysHaveOneFormAndAreNotTold() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      ApiKeySecret key = ApiKeySecret.mint(RANDOM);
      assertThat(key.text()).matches("aegis_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}");
      assertThat(ApiKeySecret.wellFormed(key.text())).isTrue();
      assertThat(key.text()).startsWith(key.prefix() + "_").endsWith(key.lastFour());
      assertThat(key.toString()).hasSize(21).startsWith(key.prefix());
      assertThat(seen.add(key.text()) && seen.add(key.prefix())).isTrue();
    }
  }

  @Test
  void aKeyWithAnyLetterChangedIsNone() {
    String text = ApiKeySecret.mint(RANDOM).text();
    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == 'x' ? 'y' : 'x';
      assertThat(ApiKeySecret.wellFormed(text.substring(0, i) + other + text.substring(i + 1)))
          .as("letter %s", i)
          .isFalse();
    }
    assertThat(ApiKeySecret.wellFormed(text + "0")).isFalse();
    assertThat(ApiKeySecret.wellFormed(text.substring(1))).isFalse();
    assertThat(ApiKeySecret.wellFormed("")).isFalse();
    assertThat(ApiKeySecret.wellFormed(text.replace('_', '\u00e9'))).isFalse();
  }

  @Test
  void theHashIsSha256() throws Exception {
    ApiKeySecret key = ApiKeySecret.mint(RANDOM);
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(key.text().getBytes(StandardCharsets.US_ASCII));
    assertThat(key.hash()).hasToString(HexFormat.of().formatHex(digest));
    assertThat(ApiKeySecret.Hash.parse(key.hash().toString())).isEqualTo(key.hash());
    assertThat(ApiKeySecret.Hash.parse("0".repeat(64))).hasToString("0".repeat(64));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "abc", "+b", "AB"})
  void whatIsNoHashIsRefused(String digits) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ApiKeySecret.Hash.parse(digits + "cd".repeat(31)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'name':'ci','subject':'svc'|",
        "'name':'ci','subject':'svc','roles':['a'],'expires_at':'2030-01-01T00:00:00+01:00'|",
        "'name':'ci','subject':'svc','expires_at':null|",
        "'subject':'svc'|/name",
        "'name':'ci'|/subject",
        "'name':'ci','subject':'a b'|/subject",
        "'name':'ci','subject':'a\\r\\nX-User-Id: b'|/subject",
        "'name':'ci','subject':'svc','roles':['a,b','c,d']|/roles",
        "'name':'ci','subject':'svc','roles':'a'|/roles",
        "'name':'ci','subject':'svc','expires_at':'tomorrow'|/expires_at",
        "'name':'ci','subject':'svc','expires_at':1900000000|/expires_at",
        "'name':'ci','subject':'svc','expires_at':'2030-01-01'|/expires_at",
        "'name':'ci','subject':'svc','secret':'x'|/secret",
        "'name':'ci','subject':'svc','signing':'yes'|/signing"
      })
  void whatAKeyMayBe(String members, String field) {
    String document =
        "{'id':'k',"
            + members
            + ",'secrets':[{'prefix':'p','last_four':'abcd'}],'hashes':['"
            + HASH
            + "']}";
    assertThat(violations(document))
        .extracting(Violation::field)
        .isEqualTo(field == null ? List.of() : List.of(field));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'secrets':[]",
        "'secrets':[{'prefix':'p','last_four':'abcd'}]",
        "'secrets':[{'prefix':'p','last_four':'abcd'}],'hashes':['abc']",
        "'secrets':[],'hashes':['abababababababababababababababababababababababababababababababab']"
      })
  void aKeyWithoutItsHashesIsNone(String members) {
    assertThat(violations("{'id':'k','name':'ci','subject':'s'," + members + "}"))
        .extracting(Violation::field)
        .contains("/hashes");
  }

  /** What cannot be opened could not sign, and must not be taken as a key that is shown. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "true|{'sha256':'HASH','sealed':{'key_id':'k','ciphertext':'AAAA'}}|",
        "true|{'sha256':'x','sealed':{'key_id':'k','ciphertext':'AAAA'}}|/hashes/0/sha256",
        "true|{'sha256':'HASH'}|/hashes/0/sealed",
        "true|'HASH'|/hashes/0",
        "false|{'sha256':'HASH','sealed':{'key_id':'k','ciphertext':'AAAA'}}|/hashes"
      })
  void aKeyThatSignsKeepsItsTextSealed(boolean signing, String kept, String field) {
    String document =
        "{'id':'k','name':'n','subject':'s','signing':"
            + signing
            + ",'secrets':[{'prefix':'p','last_four':'abcd'}],'hashes':["
            + kept.replace("HASH", HASH)
            + "]}";
    List<String> fields = violations(document).stream().map(Violation::field).toList();
    if (field == null) {
      assertThat(fields).isEmpty();
    } else {
      assertThat(fields).anyMatch(each -> each.startsWith(field));
    }
  }

  @Test
  void aSecretEndsWithItsRotationOrWithItsKey() {
    Instant early = Instant.parse("2030-01-01T00:00:00Z");
    Instant late = Instant.parse("2031-01-01T00:00:00Z");
    ApiKeySecret.Hash hash = ApiKeySecret.Hash.parse(HASH);
    ApiKeyDefinition.Secret newest = new ApiKeyDefinition.Secret("p", hash, null, null);
    ApiKeyDefinition.Secret before = new ApiKeyDefinition.Secret("p", hash, null, early);
    ApiKeyDefinition lasting =
        new ApiKeyDefinition("k", "k", "s", List.of(), null, List.of(newest, before));
    assertThat(lasting.ends(newest)).isEqualTo(Instant.MAX);
    assertThat(lasting.ends(before)).isEqualTo(early);
    ApiKeyDefinition ending =
        new ApiKeyDefinition("k", "k", "s", List.of(), late, List.of(newest, before));
    assertThat(ending.ends(newest)).isEqualTo(late);
    assertThat(ending.ends(before)).isEqualTo(early);
  }

  private static List<Violation> violations(String document) {
    InvalidDefinition thrown =
        catchThrowableOfType(
            InvalidDefinition.class, () -> Definition.read(Kind.API_KEY, json(document)));
    return thrown == null ? List.of() : thrown.violations();
  }
}
