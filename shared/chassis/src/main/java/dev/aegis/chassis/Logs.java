package dev.aegis.chassis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.jul.LevelChangePropagator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The log of a process: JSON lines in a file that rolls by size and day, and short lines on
 * standard error for a person who watches.
 *
 * <p>The file is written by a thread of its own: who logs does not wait for the disk. While the
 * file cannot be written, lines wait in a bounded queue; those beyond it are counted.
 */
public final class Logs implements AutoCloseable {
  private static final String FILE = "file";
  private static final String CONSOLE = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%ex{short}";

  private final LoggerContext context;
  private final LogQueue queue;
  private final RollingFileAppender<ILoggingEvent> file;

  private Logs(LoggerContext context, LogQueue queue, RollingFileAppender<ILoggingEvent> file) {
    this.context = context;
    this.queue = queue;
    this.file = file;
  }

  /**
   * Bounds of the files.
   *
   * @param fileBytes a file of this length is set aside
   * @param totalBytes the oldest files beyond this total are deleted
   * @param days files older than this are deleted
   */
  public record Bounds(long fileBytes, long totalBytes, int days) {
    /** 100 MiB, 1 GiB, 14 days. */
    public static final Bounds USUAL = new Bounds(100L << 20, 1L << 30, 14);
  }

  /**
   * Makes {@code file} the log of this process, in the usual bounds.
   *
   * @param service what lines say that do not come from one service's packages
   * @param console whether short lines go to standard error, too
   * @throws StartFailure when the file cannot be written
   */
  public static Logs configure(Path file, String service, boolean console) throws StartFailure {
    return configure(file, service, console, "info", Bounds.USUAL);
  }

  /**
   * Makes {@code file} the log of this process.
   *
   * @param level least important level that is logged
   * @throws StartFailure when the file cannot be written
   */
  public static Logs configure(
      Path file, String service, boolean console, String level, Bounds bounds) throws StartFailure {
    Path absolute = file.toAbsolutePath();
    try {
      Path directory = absolute.getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      if (!Files.exists(absolute)) {
        Files.createFile(absolute);
      }
      if (!Files.isWritable(absolute)) {
        throw new StartFailure("cannot write the log " + absolute + ": permission denied");
      }
    } catch (IOException e) {
      throw new StartFailure("cannot write the log " + absolute + ": " + Reasons.of(e), e);
    }
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    LevelChangePropagator propagator = new LevelChangePropagator();
    propagator.setContext(context);
    propagator.setResetJUL(true);
    propagator.start();
    context.addListener(propagator);
    JsonLines encoder = new JsonLines(service);
    encoder.setContext(context);
    encoder.start();
    CountDownLatch ending = new CountDownLatch(1);
    RollingFileAppender<ILoggingEvent> rolling =
        new RollingFileAppender<>() {
          @Override
          public void openFile(String name) {
            setOutputStream(new LogFile(absolute, ending, Logs::heard));
          }
        };
    roll(context, rolling, absolute, encoder, bounds);
    LogQueue appender =
        new LogQueue(
            encoder,
            lines -> {
              rolling.doAppend(new ReadyLines(lines, InstantSource.system().instant()));
              return rolling.isStarted(); // It stops when its stream fails.
            },
            ending,
            InstantSource.system());
    appender.setContext(context);
    appender.setName(FILE);
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    if (console) {
      root.addAppender(console(context));
    }
    Level least = Level.toLevel(level, Level.INFO);
    Level libraries = least.isGreaterOrEqual(Level.WARN) ? least : Level.WARN;
    root.setLevel(libraries);
    context.getLogger("dev.aegis").setLevel(least);
    // Its clients warn at every attempt to connect; the bus says once when Kafka goes and comes.
    context.getLogger("org.apache.kafka").setLevel(Level.ERROR);
    // Its exporter complains of every batch; OtlpSpans says once when a collector goes and comes.
    context.getLogger("io.opentelemetry").setLevel(Level.OFF);
    // Its stack trace for a port in use is for the file; a person gets the one line of
    // StartFailure.
    ch.qos.logback.classic.Logger server = context.getLogger("io.helidon.webserver.LoomServer");
    server.setAdditive(false);
    server.addAppender(appender);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    return new Logs(context, appender, rolling);
  }

  private static void heard(@Nullable IOException failure) {
    LogQueue queue = ofProcess();
    if (queue != null) {
      queue.attempted(failure);
    }
  }

  /** The queue of this process' log, null when it has none. */
  static @Nullable LogQueue ofProcess() {
    return LoggerFactory.getILoggerFactory() instanceof LoggerContext context
            && context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(FILE) instanceof LogQueue log
        ? log
        : null;
  }

  private static void roll(
      LoggerContext context,
      RollingFileAppender<ILoggingEvent> appender,
      Path file,
      JsonLines encoder,
      Bounds bounds) {
    appender.setContext(context);
    appender.setName("rolling");
    appender.setFile(file.toString());
    appender.setEncoder(encoder);
    SizeAndTimeBasedRollingPolicy<ILoggingEvent> policy = new SizeAndTimeBasedRollingPolicy<>();
    policy.setContext(context);
    policy.setParent(appender);
    policy.setFileNamePattern(withoutExtension(file) + ".%d{yyyy-MM-dd}.%i.log");
    policy.setMaxFileSize(new FileSize(bounds.fileBytes()));
    policy.setTotalSizeCap(new FileSize(bounds.totalBytes()));
    policy.setMaxHistory(bounds.days());
    policy.setCleanHistoryOnStart(true);
    policy.start();
    appender.setRollingPolicy(policy);
    appender.setTriggeringPolicy(policy);
    appender.start();
  }

  /** Says what time it is to the rolling of files, for tests of it. */
  void clock(Instant now) {
    if (file.getRollingPolicy() instanceof SizeAndTimeBasedRollingPolicy<?> policy) {
      policy.getTimeBasedFileNamingAndTriggeringPolicy().setCurrentTime(now.toEpochMilli());
    }
  }

  private static String withoutExtension(Path file) {
    String name = file.toString();
    return name.endsWith(".log") ? name.substring(0, name.length() - 4) : name;
  }

  private static ConsoleAppender<ILoggingEvent> console(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(CONSOLE);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("console");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }

  /**
   * Has ready-made lines written to the file, as one event of the log: they are never torn apart by
   * a roll or by other lines. Returns at once.
   *
   * @param jsonLines UTF-8, each line one JSON object and ended by a newline
   */
  public void appendLines(byte[] jsonLines) {
    if (jsonLines.length > 0) {
      queue.add(jsonLines);
    }
  }

  /**
   * Ends the log: writes what waits, for at most two seconds when the disk does not take it; what
   * is logged later is lost.
   */
  @Override
  public void close() {
    queue.stop();
    if (queue.ended()) {
      file.stop(); // else it waits for a disk that does not answer
    }
    context.stop();
  }
}
