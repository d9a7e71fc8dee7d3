package dev.aegis.analytics.ingest;

/** Is told what became of each record. Called on the stream thread, so it returns at once. */
public interface Tally {
  /** A request was counted. */
  void counted();

  /** An event came again and was left out. */
  void doubled();

  /** A record could not be read and was put aside. */
  void dead();

  /** A gateway's word of requests whose events it gave up was added to what is known to be lost. */
  void lost();

  /** An event of a type that this version does not know was passed over. */
  void unknown();
}
