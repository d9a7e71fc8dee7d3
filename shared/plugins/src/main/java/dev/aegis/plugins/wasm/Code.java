package dev.aegis.plugins.wasm;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import java.util.function.Function;

/**
 * A program and the code of the JVM that was made of it.
 *
 * @param machine makes what runs an instance
 */
record Code(Program program, Function<Instance, Machine> machine) {}
