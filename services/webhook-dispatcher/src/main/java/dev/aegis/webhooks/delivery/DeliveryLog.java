package dev.aegis.webhooks.delivery;

import java.io.IOException;
import java.util.List;

/** Where states of deliveries are kept for good, and where their bodies can be read again. */
public interface DeliveryLog {
  /** Says that the log cannot be reached now. */
  final class Away extends IOException {
    private static final long serialVersionUID = 1L;

    public Away(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Says that another process owns one of the partitions now; nothing was written. */
  final class NotOwner extends Exception {
    private static final long serialVersionUID = 1L;

    public NotOwner(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Writes states, all or none; when it returns they outlive this process. */
  void append(List<StoredDelivery> states) throws Away, NotOwner, InterruptedException;

  /**
   * The body of the delivery whose state stands at an offset.
   *
   * @throws IOException when it cannot be read now
   */
  byte[] body(int partition, long offset) throws IOException, InterruptedException;
}
