package dev.aegis.gateway.upstream;

import java.util.List;

/** Asks the domain name system. */
public interface Resolver {
  /** The kind of record that is asked for. */
  enum RecordType {
    A,
    AAAA,
    SRV
  }

  /** A question. */
  record Question(String name, RecordType type) {}

  /**
   * The records of this type, as text, in the server's order; empty when the name has none or there
   * is no such name.
   *
   * @throws Unanswered when the servers do not say
   */
  List<String> ask(Question question) throws Unanswered;

  /** Nobody said whether there are records. */
  final class Unanswered extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean silence;

    /**
     * @param silence whether there was no reply at all, rather than one that says nothing
     */
    Unanswered(String message, boolean silence, Throwable cause) {
      super(message, cause);
      this.silence = silence;
    }

    boolean silence() {
      return silence;
    }
  }
}
