package dev.aegis.bus;

import org.jspecify.annotations.Nullable;

/**
 * An event on its way out; the publisher adds id, source, run and sequence. Not a record: its data
 * is an array, and two events are never compared.
 */
public final class OutgoingEvent {
  private final String topic;
  private final String key;
  private final String type;
  private final String tenant;
  private final long timeMillis;
  private final byte[] data;
  private final @Nullable String traceparent;

  /**
   * @param topic where to
   * @param key of the record; decides its partition, and events of one key keep their order
   * @param type CloudEvents type with version, such as {@code aegis.request.v1}
   * @param tenant whose event it is, {@link dev.aegis.events.Envelope#NO_TENANT} for nobody's
   * @param timeMillis when it happened, Unix milliseconds
   * @param data JSON in UTF-8; not copied and not to be modified afterwards
   */
  public OutgoingEvent(
      String topic, String key, String type, String tenant, long timeMillis, byte[] data) {
    this(topic, key, type, tenant, timeMillis, data, null);
  }

  /**
   * The same as a part of a trace.
   *
   * @param traceparent where what it tells of stands in a trace that is kept, or null
   */
  public OutgoingEvent(
      String topic,
      String key,
      String type,
      String tenant,
      long timeMillis,
      byte[] data,
      @Nullable String traceparent) {
    this.topic = topic;
    this.key = key;
    this.type = type;
    this.tenant = tenant;
    this.timeMillis = timeMillis;
    this.data = data;
    this.traceparent = traceparent;
  }

  public String topic() {
    return topic;
  }

  public String key() {
    return key;
  }

  public String type() {
    return type;
  }

  public String tenant() {
    return tenant;
  }

  public long timeMillis() {
    return timeMillis;
  }

  public byte[] data() {
    return data;
  }

  public @Nullable String traceparent() {
    return traceparent;
  }
}
