package dev.aegis.plugins.wasm;

import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import java.util.ArrayList;
import java.util.List;

/**
 * A function that modules may import.
 *
 * @param type of it
 * @param body what it does
 */
record HostCall(FunctionType type, Body body) {
  /** What a function does. */
  interface Body {
    /** The answer, a {@link Status} for those of proxy-wasm. */
    int call(Vm vm, Guest guest, long[] given);
  }

  /**
   * One that answers a number.
   *
   * @param parameters {@code i} for 32 bits, {@code I} for 64
   */
  static HostCall of(String parameters, Body body) {
    return new HostCall(FunctionType.of(types(parameters), List.of(ValType.I32)), body);
  }

  /** One that answers nothing. */
  static HostCall silent(String parameters, Body body) {
    return new HostCall(FunctionType.of(types(parameters), List.of()), body);
  }

  private static List<ValType> types(String parameters) {
    List<ValType> types = new ArrayList<>();
    for (int i = 0; i < parameters.length(); i++) {
      types.add(parameters.charAt(i) == 'I' ? ValType.I64 : ValType.I32);
    }
    return types;
  }
}
