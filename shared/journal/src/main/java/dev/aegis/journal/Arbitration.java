package dev.aegis.journal;

import java.util.List;

/** What a route, or a tenant for its routes, says of who is asked whether requests may pass. */
public sealed interface Arbitration {
  /** Nothing: for a route its tenant's word holds, for a tenant that of the tenants above it. */
  record Unsaid() implements Arbitration {}

  /** That nobody is, whatever is said above. */
  record Nobody() implements Arbitration {}

  /**
   * Who is.
   *
   * @param descendants whether hybrid tenants below may have it too; means nothing of a route
   */
  record By(Arbiter arbiter, boolean descendants) implements Arbitration {}

  /** The member that says so. */
  String MEMBER = "external_authorization";

  /** How a document says that nobody is asked. */
  String NOBODY = "none";

  /** What a route says. */
  static Arbitration ofRoute(Fields fields) {
    return read(fields, false);
  }

  /** What a tenant says. */
  static Arbitration ofTenant(Fields fields) {
    return read(fields, true);
  }

  private static Arbitration read(Fields fields, boolean tenant) {
    if (fields.isText(MEMBER)) {
      fields.oneOf(MEMBER, NOBODY, List.of(NOBODY));
      return new Nobody();
    }
    if (fields.absent(MEMBER)) {
      fields.knows(MEMBER);
      return new Unsaid();
    }
    return fields.object(
        MEMBER, asked -> new By(Arbiter.read(asked), tenant && asked.flag("descendants", false)));
  }
}
