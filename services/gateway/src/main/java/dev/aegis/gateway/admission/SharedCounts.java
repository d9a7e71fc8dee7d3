package dev.aegis.gateway.admission;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where gateways count together. It may be away, and then answers nothing. */
public interface SharedCounts {
  /** There is nothing that gateways share. */
  SharedCounts NONE =
      new SharedCounts() {
        @Override
        public @Nullable List<Count> take(List<Claim> claims, long epochMillis, Places held) {
          return null;
        }

        @Override
        public @Nullable List<Count> peek(List<Claim> claims, long epochMillis) {
          return null;
        }

        @Override
        public @Nullable List<Count> charge(List<Claim> claims, long epochMillis) {
          return null;
        }

        @Override
        public boolean answers() {
          return false;
        }

        @Override
        public boolean settling() {
          return false;
        }

        @Override
        public int gateways() {
          return 1;
        }

        @Override
        public void owe(List<Claim> claims, long epochMillis, Places held) {
          // Nobody will ever ask for it.
        }
      };

  /** As {@link Counts#take}; null when it is not known whether anything was counted. */
  @Nullable List<Count> take(List<Claim> claims, long epochMillis, Places held);

  /** The same where no limit has places. */
  default @Nullable List<Count> take(List<Claim> claims, long epochMillis) {
    return take(claims, epochMillis, new Places());
  }

  /** As {@link Counts#peek}; null without an answer. */
  @Nullable List<Count> peek(List<Claim> claims, long epochMillis);

  /** As {@link Counts#charge}; null when it is not known whether anything was counted. */
  @Nullable List<Count> charge(List<Claim> claims, long epochMillis);

  /** Whether there is an answer to expect. */
  boolean answers();

  /**
   * Whether it was away until lately, so that other gateways may not have told yet what they let
   * pass meanwhile: there may seem to be more left than there is.
   */
  boolean settling();

  /** How many share it, by the last answer before it was away; at least 1. */
  int gateways();

  /**
   * Has it count requests that were let pass without an answer, when it answers again.
   *
   * @param held gets the places that it is to know of
   */
  void owe(List<Claim> claims, long epochMillis, Places held);
}
