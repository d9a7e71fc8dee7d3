package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/** What an operator wants done to one object. */
public sealed interface Wish {
  /** Bring it into being; it must not exist. */
  record Create(ObjectNode document) implements Wish {}

  /** Make it exactly this, whether or not it exists. */
  record Replace(ObjectNode document) implements Wish {}

  /** Change some members (RFC 7396); it must exist. */
  record Merge(ObjectNode patch) implements Wish {}

  /** Give it a new secret; it must exist. */
  record RotateSecret() implements Wish {}

  /**
   * Give an API key a new secret; it must exist.
   *
   * @param overlap how long the one before is still taken
   */
  record RotateKey(Duration overlap) implements Wish {}

  /** Take it away; it must exist. */
  record Remove() implements Wish {}
}
