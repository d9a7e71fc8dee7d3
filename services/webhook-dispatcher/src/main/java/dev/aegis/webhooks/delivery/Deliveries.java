package dev.aegis.webhooks.delivery;

import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.TopicLookup;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of deliveries, for those who ask: from this process's memory, or read from the topic
 * when another process owns the partition.
 */
public final class Deliveries {
  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

  private final Dispatcher dispatcher;
  private final TopicLookup topic;
  private final int history;

  /**
   * @param history finished deliveries per endpoint that can be listed
   */
  public Deliveries(Dispatcher dispatcher, TopicLookup topic, int history) {
    this.dispatcher = dispatcher;
    this.topic = topic;
    this.history = history;
  }

  /**
   * A part of a list.
   *
   * @param items latest first
   * @param next where the next part begins, or null after the last
   */
  public record Page(List<Delivery> items, @Nullable String next) {}

  /**
   * Deliveries of an endpoint, latest first.
   *
   * @param cursor {@link Page#next} of the part before, or null for the first
   * @throws IllegalArgumentException when the cursor is none
   * @throws BusUnavailable when the topic has to be read and cannot be
   */
  public Page list(EndpointKey endpoint, @Nullable String cursor, int limit)
      throws BusUnavailable, InterruptedException {
    Book.Place after = cursor == null ? null : place(cursor);
    int partition = topic.partition(endpoint.toString());
    List<Delivery> items =
        dispatcher.ask(partition, book -> states(book, endpoint, after, limit + 1));
    if (items == null) {
      items = states(read(partition), endpoint, after, limit + 1);
    }
    if (items.size() <= limit) {
      return new Page(items, null);
    }
    List<Delivery> page = items.subList(0, limit);
    return new Page(page, cursor(Book.Place.of(page.getLast())));
  }

  /**
   * One delivery with its body, or null when it is not known or no longer.
   *
   * @throws IOException when its body cannot be read now
   */
  public @Nullable StoredDelivery find(DeliveryKey key)
      throws BusUnavailable, IOException, InterruptedException {
    int partition = topic.partition(key.endpoint().toString());
    Book.Found found = dispatcher.ask(partition, book -> book.found(key));
    if (found == null) {
      found = read(partition).found(key);
    }
    Tracked tracked = found.tracked();
    return tracked == null
        ? null
        : new StoredDelivery(tracked.delivery, dispatcher.bodyOf(tracked));
  }

  /** Adds a delivery; its owner takes it up. */
  public void add(StoredDelivery fresh) throws BusUnavailable, InterruptedException {
    topic.add(fresh.toRecord());
  }

  private Book read(int partition) throws BusUnavailable, InterruptedException {
    Book book = new Book(history, new Book.BodyBudget(0));
    topic.scan(
        partition,
        (offset, key, value) -> {
          if (value != null) {
            try {
              book.read(partition, offset, StoredDelivery.parse(value));
            } catch (IOException e) {
              LOG.warn("Record {} of partition {} is passed over: {}", offset, partition, e);
            }
          }
        });
    return book;
  }

  private static List<Delivery> states(
      Book book, EndpointKey endpoint, Book.@Nullable Place after, int limit) {
    return book.list(endpoint, after, limit).stream().map(tracked -> tracked.delivery).toList();
  }

  private static String cursor(Book.Place place) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((place.createdAt() + "~" + place.id()).getBytes(StandardCharsets.UTF_8));
  }

  private static Book.Place place(String cursor) {
    String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
    int tilde = text.indexOf('~');
    if (tilde < 0) {
      throw new IllegalArgumentException("not a cursor");
    }
    try {
      return new Book.Place(Instant.parse(text.substring(0, tilde)), text.substring(tilde + 1));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("not a cursor", e);
    }
  }
}
