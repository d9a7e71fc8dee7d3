package dev.aegis.webhooks.delivery;

import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.OwnedWriter;
import dev.aegis.bus.OwnershipLost;
import dev.aegis.bus.TopicLookup;
import java.io.IOException;
import java.util.List;

/** The log of deliveries on its topic. */
public final class TopicLog implements DeliveryLog {
  private final OwnedWriter writer;
  private final TopicLookup lookup;

  /**
   * @param writer writes to the partitions that this process owns
   * @param lookup reads single records
   */
  public TopicLog(OwnedWriter writer, TopicLookup lookup) {
    this.writer = writer;
    this.lookup = lookup;
  }

  @Override
  public void append(List<StoredDelivery> states) throws Away, NotOwner, InterruptedException {
    try {
      writer.append(states.stream().map(StoredDelivery::toRecord).toList());
    } catch (BusUnavailable e) {
      throw new Away(String.valueOf(e.getMessage()), e);
    } catch (OwnershipLost e) {
      throw new NotOwner(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public byte[] body(int partition, long offset) throws IOException, InterruptedException {
    try {
      return StoredDelivery.parse(lookup.read(partition, offset)).body();
    } catch (BusUnavailable e) {
      throw new Away(String.valueOf(e.getMessage()), e);
    }
  }
}
