package dev.aegis.plugin;

/**
 * One body on its way through a filter. Made for that body, and used by one thread at a time: it
 * may keep what it has seen of it.
 */
public interface BodyEdit {
  /** Lets everything pass as it is. */
  enum None implements BodyEdit {
    /** The only one. */
    NONE;

    @Override
    public void piece(byte[] bytes, Out out) {
      out.add(bytes);
    }
  }

  /**
   * Takes the next piece, of any length but 0, and says what goes on now: nothing, some of it, or
   * something else. The bytes are as they were sent: with a {@code Content-Encoding}, coded.
   */
  void piece(byte[] bytes, Out out);

  /**
   * Called when the body has come to its end, also when it was empty: puts what goes on behind all
   * pieces.
   *
   * @return whether the whole may go on; asked of requests alone. When the beginning of the body
   *     has gone on already, a refusal keeps its end from whoever has it
   */
  default Verdict end(Out out) {
    return Verdict.PASS;
  }

  /** Where the bytes that go on are put. */
  interface Out {
    /**
     * The next bytes, which must not change afterwards.
     *
     * @throws IllegalArgumentException when it is more than 16 MiB in one call
     */
    void add(byte[] bytes);
  }
}
