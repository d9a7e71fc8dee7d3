package dev.aegis.plugins.wasm;

import dev.aegis.plugin.Filter;
import dev.aegis.plugins.Owner;
import java.lang.ref.WeakReference;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The modules of one service. Their code is compiled once for all filters that run it: it is not
 * changed by what they do.
 */
public final class Modules {
  private static final int PART_OF_HEAP = 4;

  private final Map<String, WeakReference<Code>> compiled = new ConcurrentHashMap<>();
  private final MemoryShares shares =
      new MemoryShares(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);

  /** None yet. */
  public Modules() {}

  Filter filter(byte[] binary, Settings settings, Owner owner) {
    Program program = Program.of(binary, settings.pages());
    Realm.Terms terms =
        new Realm.Terms(settings.text(), settings.rootId(), settings.pages(), settings.holdBytes());
    Code code = code(program, digest(binary));
    return ModuleFilter.of(code, new Realm(owner, terms, shares), settings.bodies());
  }

  private Code code(Program program, String digest) {
    Code known = found(digest);
    if (known != null) {
      return known;
    }
    compiled.values().removeIf(each -> each.get() == null);
    Code made = new Code(program, program.compiled());
    compiled.put(digest, new WeakReference<>(made));
    return made;
  }

  private @Nullable Code found(String digest) {
    WeakReference<Code> known = compiled.get(digest);
    return known == null ? null : known.get();
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
