package dev.aegis.journal;

/** What the fold made of one record. */
public sealed interface Verdict {
  /** It changed the object. */
  record Applied(ObjectKey key) implements Verdict {}

  /** It changed an object of a kind that this version does not know, which it keeps. */
  record Kept(UnknownKey key) implements Verdict {}

  /**
   * It changed nothing.
   *
   * @param reason why
   * @param message the same for a person
   */
  record Rejected(Reason reason, String message) implements Verdict {}

  /** Why a record changed nothing. */
  enum Reason {
    /** The object had moved on since the writer looked. */
    STALE,
    /** There is no such object to delete. */
    MISSING,
    /** The tenant that it belongs to does not exist. */
    NO_TENANT,
    /** This version cannot read the record. */
    UNREADABLE
  }
}
