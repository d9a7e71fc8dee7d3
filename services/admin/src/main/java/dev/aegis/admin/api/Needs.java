package dev.aegis.admin.api;

/**
 * What an operation asks of whoever calls it. Every operation says it, so that none is let through
 * by having said nothing.
 *
 * @param right what is done
 * @param whose to what
 */
record Needs(Right right, Whose whose) {
  /** What is done to the place. */
  enum Right {
    /** Nothing that needs a credential. */
    NONE,
    /** It is looked at. */
    READ,
    /** It is changed, or something is done in its name. */
    WRITE
  }

  /** Where the place is named. */
  enum Whose {
    /** It is the whole installation. */
    PLATFORM,
    /** The tenant is the parameter {@code {tenant}} of the path. */
    PATH,
    /** The tenant is the query's {@code tenant}; without it, the whole installation. */
    QUERY,
    /**
     * It is whatever the operator reaches: the handler itself shows and changes nothing else, by
     * {@link Call#operator}.
     */
    REACH
  }

  /** No credential. */
  static final Needs OPEN = new Needs(Right.NONE, Whose.REACH);

  /** To look at the whole installation. */
  static final Needs PLATFORM_READ = new Needs(Right.READ, Whose.PLATFORM);

  /** To change the whole installation. */
  static final Needs PLATFORM_WRITE = new Needs(Right.WRITE, Whose.PLATFORM);

  /** To look at the tenant that the path names. */
  static final Needs TENANT_READ = new Needs(Right.READ, Whose.PATH);

  /** To change the tenant that the path names. */
  static final Needs TENANT_WRITE = new Needs(Right.WRITE, Whose.PATH);

  /** To look at the tenant that the query names, or at the whole installation. */
  static final Needs QUERY_READ = new Needs(Right.READ, Whose.QUERY);

  /** To change the tenant that the query names, or the whole installation. */
  static final Needs QUERY_WRITE = new Needs(Right.WRITE, Whose.QUERY);

  /** To look at anything; the handler narrows what it shows. */
  static final Needs REACH_READ = new Needs(Right.READ, Whose.REACH);

  /** To change anything; the handler narrows what it changes. */
  static final Needs REACH_WRITE = new Needs(Right.WRITE, Whose.REACH);

  /** Whether no credential is asked for. */
  boolean open() {
    return right == Right.NONE;
  }
}
