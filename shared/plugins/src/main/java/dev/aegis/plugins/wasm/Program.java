package dev.aegis.plugins.wasm;

import com.dylibso.chicory.compiler.InterpreterFallback;
import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.Export;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A module that can be run: its code and what it asks for, nothing that anybody changes. */
final class Program {
  private static final List<String> ALLOCATORS = List.of("proxy_on_memory_allocate", "malloc");
  private static final String CALLBACK = "proxy_on_";

  private final WasmModule module;
  private final int pages;
  private final List<Wanted> wanted = new ArrayList<>();
  private final Map<String, Integer> parameters = new HashMap<>();
  private final String allocator;

  /** An import. */
  record Wanted(String module, String name, FunctionType type) {}

  private Program(WasmModule module, int pages) {
    this.module = module;
    this.pages = pages;
    imports();
    exports();
    if (parameters.keySet().stream().noneMatch(name -> name.startsWith("proxy_abi_version_0_"))) {
      throw new IllegalArgumentException(
          "it exports no proxy_abi_version_0_2_1 nor an older one, so it is no proxy-wasm module");
    }
    this.allocator =
        ALLOCATORS.stream()
            .filter(name -> parameters.getOrDefault(name, 0) == 1)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "it exports no proxy_on_memory_allocate, so it can be told nothing"));
  }

  /**
   * Reads a binary.
   *
   * @param most pages of 64 KiB that its memory may begin with
   * @throws IllegalArgumentException if it is none that can be run; says why
   */
  static Program of(byte[] binary, int most) {
    Outline outline = Outline.of(binary);
    if (outline.pages() > most) {
      throw new IllegalArgumentException(
          "it begins with " + outline.pages() / 16 + " MiB, more than memory_mb lets it have");
    }
    try {
      return new Program(Parser.parse(outline.code()), outline.pages());
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException
        | AssertionError
        | StackOverflowError e) { // whatever it stumbles over
      throw new IllegalArgumentException("it is no valid module: " + e.getMessage(), e);
    }
  }

  private void imports() {
    int count = module.importSection().importCount();
    for (int i = 0; i < count; i++) {
      if (!(module.importSection().getImport(i) instanceof FunctionImport each)) {
        throw new IllegalArgumentException("it imports something that is no function");
      }
      FunctionType type = module.typeSection().getType(each.typeIndex());
      String name = each.module() + '.' + each.name();
      HostCall call = HostCalls.find(each.module(), each.name());
      boolean answered =
          HostCalls.notOffered(each.module(), each.name())
              && type.returns().equals(List.of(ValType.I32));
      if (call == null && !answered) {
        throw new IllegalArgumentException("it imports " + name + ", which is not offered");
      }
      if (call != null && !call.type().equals(type)) {
        throw new IllegalArgumentException("it imports " + name + " with another type");
      }
      wanted.add(new Wanted(each.module(), each.name(), type));
    }
  }

  private void exports() {
    int imported = wanted.size();
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      Export each = module.exportSection().getExport(i);
      if (each.exportType() == ExternalType.FUNCTION) {
        FunctionType type = type(each.index(), imported);
        boolean plain =
            type.params().stream().allMatch(ValType.I32::equals)
                && (type.returns().isEmpty() || type.returns().equals(List.of(ValType.I32)));
        if (plain) {
          parameters.put(each.name(), type.params().size());
        } else if (each.name().startsWith(CALLBACK)) {
          throw new IllegalArgumentException("its " + each.name() + " has another type");
        }
      }
    }
  }

  private FunctionType type(int index, int imported) {
    return index < imported
        ? wanted.get(index).type()
        : module.typeSection().getType(module.functionSection().getFunctionType(index - imported));
  }

  /** Makes code of the JVM of it; functions that are too long for that are interpreted. */
  Function<Instance, Machine> compiled() {
    return MachineFactoryCompiler.builder(module)
        .withInterpreterFallback(InterpreterFallback.SILENT)
        .compile();
  }

  WasmModule module() {
    return module;
  }

  /** Pages of 64 KiB that its memory begins with. */
  int pages() {
    return pages;
  }

  List<Wanted> wanted() {
    return wanted;
  }

  /** Functions that can be called, with the number of their parameters, all of 32 bits. */
  Map<String, Integer> parameters() {
    return parameters;
  }

  /** The function that makes room for what the module is given. */
  String allocator() {
    return allocator;
  }
}
