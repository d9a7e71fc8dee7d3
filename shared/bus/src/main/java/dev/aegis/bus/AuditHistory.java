package dev.aegis.bus;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads the topic of audits again, from wherever it is asked. Unlike the journal it forgets: what
 * was asked for may be gone. Safe for many threads; they wait for each other.
 */
public final class AuditHistory implements AutoCloseable {
  private final Rereading past;

  public AuditHistory(BusSettings settings) {
    this.past = new Rereading(settings, Topics.AUDIT, "audit-history", "The audit");
  }

  /** A record; not a Java record, since its data is an array and two are never compared. */
  public static final class Noted {
    private final long offset;
    private final byte[] data;

    Noted(long offset, byte[] data) {
      this.offset = offset;
      this.data = data;
    }

    public long offset() {
      return offset;
    }

    /** JSON in UTF-8, not to be modified. */
    public byte[] data() {
      return data;
    }
  }

  /**
   * The records that Kafka still has from offset {@code from} to {@code from + limit}, the oldest
   * first.
   *
   * @throws BusUnavailable when Kafka did not give them within 5 s
   */
  public synchronized List<Noted> read(long from, long limit) throws BusUnavailable {
    return past.ask(
        reading -> {
          List<Noted> found = new ArrayList<>();
          long end = past.end(reading);
          long stop = limit < end - from ? from + limit : end;
          past.read(
              reading,
              Math.max(from, past.begin(reading)),
              stop,
              record -> {
                if (record.value() != null) {
                  found.add(new Noted(record.offset(), record.value()));
                }
              });
          return found;
        });
  }

  /**
   * What there is.
   *
   * @param begin offset of the oldest record that Kafka still has
   * @param end offset that the next record will have
   */
  public record Extent(long begin, long end) {}

  /**
   * What there is to read.
   *
   * @throws BusUnavailable when Kafka did not say it within 5 s
   */
  public synchronized Extent extent() throws BusUnavailable {
    return past.ask(reading -> new Extent(past.begin(reading), past.end(reading)));
  }

  @Override
  public synchronized void close() {
    past.close();
  }
}
