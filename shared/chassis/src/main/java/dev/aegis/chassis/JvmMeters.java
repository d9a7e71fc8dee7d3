package dev.aegis.chassis;

import java.lang.management.ClassLoadingMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.OperatingSystemMXBean;
import java.lang.management.RuntimeMXBean;
import java.lang.management.ThreadMXBean;
import java.util.function.Supplier;
import jdk.management.VirtualThreadSchedulerMXBean;

/** What the JVM and its process use, under the names that Prometheus' own Java client gives. */
final class JvmMeters {
  private JvmMeters() {}

  static void addTo(Metrics metrics) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    memory(metrics, "heap", memory::getHeapMemoryUsage);
    memory(metrics, "nonheap", memory::getNonHeapMemoryUsage);
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      metrics.counter(
          "jvm_gc_collections_total",
          "Garbage collections.",
          collector::getCollectionCount,
          "gc",
          collector.getName());
      metrics.gauge(
          "jvm_gc_collection_seconds_total",
          "Time spent in garbage collections.",
          () -> collector.getCollectionTime() / 1e3,
          "gc",
          collector.getName());
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    metrics.gauge(
        "jvm_threads_current",
        "Platform threads; virtual ones are not counted.",
        threads::getThreadCount);
    metrics.gauge("jvm_threads_peak", "Most platform threads.", threads::getPeakThreadCount);
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    metrics.gauge("jvm_classes_currently_loaded", "Classes.", classes::getLoadedClassCount);
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    metrics.gauge(
        "process_start_time_seconds",
        "When the process started, since the epoch.",
        () -> runtime.getStartTime() / 1e3);
    metrics.gauge(
        "jvm_info", "The JVM.", () -> 1, "version", runtime.getVmVersion(), "vendor", vendor());
    process(metrics, ManagementFactory.getOperatingSystemMXBean());
    scheduler(metrics, ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class));
    log(metrics);
  }

  /** What carries virtual threads: queued ones wait for a processor. */
  private static void scheduler(Metrics metrics, VirtualThreadSchedulerMXBean scheduler) {
    metrics.gauge(
        "jvm_virtual_threads_parallelism",
        "Virtual threads that may run at once.",
        scheduler::getParallelism);
    metrics.gauge(
        "jvm_virtual_threads_carriers",
        "Platform threads that carry virtual ones; more than the parallelism while some are pinned"
            + " or wait for a file.",
        scheduler::getPoolSize);
    metrics.gauge(
        "jvm_virtual_threads_mounted",
        "Virtual threads that run, about.",
        scheduler::getMountedVirtualThreadCount);
    metrics.gauge(
        "jvm_virtual_threads_queued",
        "Virtual threads that could run and wait for a carrier, about.",
        scheduler::getQueuedVirtualThreadCount);
  }

  private static void log(Metrics metrics) {
    metrics.counter(
        "aegis_log_lines_dropped_total",
        "Lines of the process' log that are missing in its file",
        () -> {
          LogQueue log = Logs.ofProcess();
          return log == null ? 0 : log.lost();
        });
    metrics.gauge(
        "aegis_log_waiting_bytes",
        "Lines that wait to be written to the log's file",
        () -> {
          LogQueue log = Logs.ofProcess();
          return log == null ? 0 : log.waiting();
        });
  }

  private static void memory(Metrics metrics, String area, Supplier<MemoryUsage> usage) {
    metrics.gauge(
        "jvm_memory_used_bytes", "Memory in use.", () -> usage.get().getUsed(), "area", area);
    metrics.gauge(
        "jvm_memory_committed_bytes",
        "Memory taken from the system.",
        () -> usage.get().getCommitted(),
        "area",
        area);
    metrics.gauge(
        "jvm_memory_max_bytes",
        "Bound of memory, -1 when there is none.",
        () -> usage.get().getMax(),
        "area",
        area);
  }

  private static void process(Metrics metrics, OperatingSystemMXBean system) {
    metrics.gauge("system_load_average_1m", "Load.", system::getSystemLoadAverage);
    if (system instanceof com.sun.management.OperatingSystemMXBean process) {
      metrics.gauge(
          "process_cpu_seconds_total",
          "Processor time used, user and system.",
          () -> process.getProcessCpuTime() / 1e9);
    }
    if (system instanceof com.sun.management.UnixOperatingSystemMXBean process) {
      metrics.gauge(
          "process_open_fds", "Open file descriptors.", process::getOpenFileDescriptorCount);
      metrics.gauge(
          "process_max_fds", "Bound of file descriptors.", process::getMaxFileDescriptorCount);
    }
  }

  private static String vendor() {
    return System.getProperty("java.vendor", "unknown");
  }
}
