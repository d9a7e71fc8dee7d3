package dev.aegis.gateway.pipeline;

/**
 * What a phase made of a request.
 *
 * @param <T> what is known behind the phase
 */
public sealed interface Step<T> {
  /** On to the next phase. */
  record Go<T>(T value) implements Step<T> {}

  /**
   * The end.
   *
   * @param at how far it came
   * @param why what the caller is told
   */
  record Stop<T>(Progress at, Refusal why) implements Step<T> {}
}
