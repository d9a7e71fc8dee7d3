package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A secret as the journal holds it: encrypted under a key that the journal does not hold.
 *
 * @param keyId which master key opens it
 * @param ciphertext Base64 of nonce, ciphertext and tag, see {@link MasterKey}
 */
public record SealedSecret(String keyId, String ciphertext) {
  /** Most characters of a ciphertext: an RSA key of 8192 bits has about 9,000. */
  private static final int MAX_TEXT = 128 * 1024;

  /** The JSON form: {@code {"key_id": …, "ciphertext": …}}. */
  public ObjectNode toJson() {
    return JsonNodeFactory.instance.objectNode().put("key_id", keyId).put("ciphertext", ciphertext);
  }

  static @Nullable SealedSecret read(Fields fields, String name) {
    if (fields.absent(name)) {
      fields.tree(name);
      return null;
    }
    return fields.object(
        name,
        secret -> {
          String keyId = secret.text("key_id");
          String ciphertext = secret.text("ciphertext", MAX_TEXT);
          try {
            Base64.getDecoder().decode(ciphertext);
          } catch (IllegalArgumentException e) {
            secret.reject("ciphertext", "must be Base64");
          }
          return new SealedSecret(keyId, ciphertext);
        });
  }
}
