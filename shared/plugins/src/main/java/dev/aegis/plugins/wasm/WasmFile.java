package dev.aegis.plugins.wasm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugins.Foreign;
import dev.aegis.plugins.Owner;

/** A WebAssembly module from a file, as a plugin of its own. */
public final class WasmFile implements Foreign<WasmFile.Config> {
  private static final int MOST_PAGES = 64 * 16;

  private final String name;
  private final byte[] binary;
  private final Modules modules;

  /**
   * @param name of the plugin
   * @param modules those of this service
   * @throws IllegalArgumentException if it is no module that can be run
   */
  public WasmFile(String name, byte[] binary, Modules modules) {
    this.name = name;
    this.binary = binary.clone();
    this.modules = modules;
    Program _ = Program.of(binary, MOST_PAGES);
  }

  /** What the module is told. */
  public record Config(
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
          int holdBytes) {}

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return "A WebAssembly module of the proxy-wasm ABI.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config, Owner owner) {
    return modules.filter(
        binary,
        new Settings(
            config.configuration(),
            config.rootId(),
            config.memoryMb(),
            config.bodies(),
            config.holdBytes()),
        owner);
  }
}
