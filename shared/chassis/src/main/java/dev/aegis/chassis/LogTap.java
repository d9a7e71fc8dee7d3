package dev.aegis.chassis;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.Iterator;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * Hands on what one service logs, line by line, as the log's file has it.
 *
 * <p>Where several services share a process, each tap gets the lines of its own service, and the
 * first one of the kind those that belong to none, so that no line is handed on twice. Lines that
 * were ready before they came to the log, as those of the access log, do not pass here.
 */
public final class LogTap implements AutoCloseable {
  private final Logger root;
  private final Tap tap;

  private LogTap(Logger root, Tap tap) {
    this.root = root;
    this.tap = tap;
  }

  /**
   * Begins to hand on.
   *
   * @param kind tells the taps of one purpose from others
   * @param to gets each line, UTF-8 and ended by a newline, on the thread that logs: it must return
   *     at once
   */
  public static LogTap open(String kind, String service, Consumer<byte[]> to) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    synchronized (root) { // services of one process open theirs at once
      boolean first = true;
      for (Iterator<?> all = root.iteratorForAppenders(); all.hasNext(); ) {
        first &= !(all.next() instanceof Tap other && other.getName().equals(kind));
      }
      Tap tap = new Tap(service, first, to);
      tap.setContext(context);
      tap.setName(kind);
      tap.start();
      root.addAppender(tap);
      return new LogTap(root, tap);
    }
  }

  @Override
  public void close() {
    root.detachAppender(tap);
    tap.stop();
  }

  private static final class Tap extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final String service;
    private final boolean first;
    private final Consumer<byte[]> to;
    private final JsonLines lines;

    Tap(String service, boolean first, Consumer<byte[]> to) {
      this.service = service;
      this.first = first;
      this.to = to;
      this.lines = new JsonLines(service);
    }

    @Override
    protected void append(ILoggingEvent event) {
      String of = ServiceNames.ofLogger(event.getLoggerName(), first ? service : "");
      if (of.equals(service)) {
        to.accept(lines.encode(event));
      }
    }
  }
}
