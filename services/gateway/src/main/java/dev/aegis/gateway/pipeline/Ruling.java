package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.snapshot.ArbiterPlan;

/** What an arbiter said of a request, or what holds because it said nothing. */
public sealed interface Ruling {
  /**
   * The request passes.
   *
   * @param lines header lines, each with its end, that the backend gets beside; {@code ""} for none
   */
  record Passes(String lines) implements Ruling {
    /** Without any. */
    public static final Passes BARE = new Passes("");
  }

  /** It does not. */
  record Stops(Refusal why) implements Ruling {}

  /** How an arbiter is asked about a request. */
  interface Inquiry {
    /** What it says, blocking for no longer than the arbiter may take. */
    Ruling ask(Identified identified, ArbiterPlan arbiter);
  }
}
