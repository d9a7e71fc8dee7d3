package dev.aegis.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts this repository's programs as processes of their own, as {@code ./aegis} does. */
public final class Processes {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private Processes() {}

  /** Starts another JVM of the version that runs the tests, with these arguments alone. */
  public static ChildProcess java(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(arguments);
    return ChildProcess.start(command, Map.of());
  }

  /**
   * Starts a module's main class on the class path that its build wrote, with the JVM options that
   * it ships with.
   *
   * @param module folder of the module, such as {@code services/gateway}
   * @param mainClass fully qualified
   * @param arguments of the program
   * @param environment variables to set; no other setting of this project is passed on
   */
  public static ChildProcess java(
      String module, String mainClass, List<String> arguments, Map<String, String> environment) {
    return java(module, mainClass, List.of(), arguments, environment);
  }

  /** As {@link #java(String, String, List, Map)}, with further options of the JVM. */
  public static ChildProcess java(
      String module,
      String mainClass,
      List<String> jvmOptions,
      List<String> arguments,
      Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(JAVA);
    Path options = Repository.root().resolve(module).resolve("jvm.options");
    if (Files.exists(options)) {
      command.add("@" + options);
    }
    command.add("-Daegis.home=" + Repository.root());
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(Repository.classPath(module));
    command.add(mainClass);
    command.addAll(arguments);
    return ChildProcess.start(command, environment);
  }

  /** What the system says about a process's use of the processor so far, in nanoseconds. */
  public static long cpuNanos(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // Behind the name, which may hold spaces: user time is the 12th field, system the 13th.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000_000L;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
