package dev.aegis.gateway.plugin;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives threads that cannot be ended what nobody else wants of the processors. A matter of Linux,
 * where each thread has a nice value of its own (setpriority(2), "C library/kernel differences");
 * elsewhere nothing is done.
 */
final class Niceness {
  private static final Logger LOG = LoggerFactory.getLogger(Niceness.class);
  private static final int OF_ONE = 0; // PRIO_PROCESS, which on Linux is a thread
  private static final int LAST = 19;
  private static final @Nullable MethodHandle GETTID =
      found("gettid", FunctionDescriptor.of(ValueLayout.JAVA_INT));
  private static final @Nullable MethodHandle SETPRIORITY =
      found(
          "setpriority",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));

  private Niceness() {}

  @SuppressWarnings("restricted") // two calls of the C library, named above
  private static @Nullable MethodHandle found(String name, FunctionDescriptor type) {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(at -> linker.downcallHandle(at, type))
        .orElse(null);
  }

  /** The system's number of the thread that asks, 0 where there is none. */
  static int thread() {
    try {
      return GETTID == null ? 0 : (int) GETTID.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(e); // it is declared by every method handle
    }
  }

  /** From now on that thread comes last. */
  static void last(int thread) {
    if (SETPRIORITY == null || thread == 0) {
      return;
    }
    try {
      int failed = (int) SETPRIORITY.invokeExact(OF_ONE, thread, LAST);
      if (failed != 0) {
        LOG.warn("A thread that a plugin keeps cannot be put behind the others");
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e); // it is declared by every method handle
    }
  }
}
