package dev.aegis.plugins.wasm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugins.Foreign;
import dev.aegis.plugins.Owner;
import java.util.Base64;

/** Runs a WebAssembly module that stands in the configuration itself. */
public final class WasmPlugin implements Foreign<WasmPlugin.Config> {
  private static final int MOST_BYTES = 512 * 1024;

  private final Modules modules;

  /**
   * @param modules those of this service
   */
  public WasmPlugin(Modules modules) {
    this.modules = modules;
  }

  /** The module, and what it is told. */
  public record Config(
      @Member("The module's binary in Base64, 512 KiB at most without it.") String module,
      @Member(
              value = "Handed to the module: a string as it is, anything else as JSON.",
              otherwise = "\"\"")
          JsonNode configuration,
      @Member(value = "Which part of the module is meant, if it has several.", otherwise = "\"\"")
          String rootId,
      @Member(value = "Most memory of one instance in MiB.", otherwise = "16", least = 1, most = 64)
          int memoryMb,
      @Member(value = "Which bodies the module sees.", otherwise = "none") Bodies bodies,
      @Member(
              value =
                  "Most bytes of a request's body that is waited for as a whole, 0 to have it pass"
                      + " piece by piece.",
              otherwise = "0",
              least = 0,
              most = 16 * 1024 * 1024)
          int holdBytes) {
    public Config {
      try {
        Program _ =
            Program.of(
                decoded(module), new Settings(configuration, rootId, memoryMb, bodies, 0).pages());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("the module cannot be used: " + e.getMessage(), e);
      }
    }
  }

  private static byte[] decoded(String module) {
    byte[] binary = Base64.getDecoder().decode(module.replace("\n", "").replace("\r", "").strip());
    if (binary.length > MOST_BYTES) {
      throw new IllegalArgumentException("it has more than " + MOST_BYTES + " bytes");
    }
    return binary;
  }

  @Override
  public String name() {
    return "wasm";
  }

  @Override
  public String description() {
    return "Runs a WebAssembly module of the proxy-wasm ABI.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config, Owner owner) {
    return modules.filter(
        decoded(config.module()),
        new Settings(
            config.configuration(),
            config.rootId(),
            config.memoryMb(),
            config.bodies(),
            config.holdBytes()),
        owner);
  }
}
