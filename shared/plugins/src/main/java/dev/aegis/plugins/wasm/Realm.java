package dev.aegis.plugins.wasm;

import dev.aegis.plugins.Owner;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** What all instances of one filter have in common, and no other filter. */
final class Realm {
  private final Owner owner;
  private final Terms terms;
  private final SharedData data = new SharedData();
  private final Counts counts;
  private final ModuleLog log;
  private final MemoryShares.Share memory;
  private final SecureRandom random = new SecureRandom();

  /**
   * What a configuration says of its module.
   *
   * @param configuration handed to the module
   * @param rootId which of the module's parts is meant
   * @param pages most of 64 KiB that one instance has
   * @param holds most bytes of a request's body that is waited for as a whole
   */
  record Terms(String configuration, String rootId, int pages, int holds) {}

  Realm(Owner owner, Terms terms, MemoryShares shares) {
    this.owner = owner;
    this.terms = terms;
    this.counts = new Counts(owner);
    this.log = new ModuleLog(owner);
    this.memory = shares.of(owner);
    owner.measures().came(owner);
  }

  Owner owner() {
    return owner;
  }

  Terms terms() {
    return terms;
  }

  byte[] configuration() {
    return terms.configuration().getBytes(StandardCharsets.UTF_8);
  }

  SharedData data() {
    return data;
  }

  Counts counts() {
    return counts;
  }

  ModuleLog log() {
    return log;
  }

  MemoryShares.Share memory() {
    return memory;
  }

  byte[] random(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  void end() {
    memory.end();
    owner.measures().left(owner);
  }
}
