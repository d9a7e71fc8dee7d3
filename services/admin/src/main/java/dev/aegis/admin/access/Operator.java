package dev.aegis.admin.access;

/**
 * Somebody whom the admin API let in.
 *
 * @param name how the journal and the log name who changed something
 */
public record Operator(String name) {
  /** Whoever holds the platform administrator's token. */
  public static final Operator PLATFORM_ADMINISTRATOR = new Operator("platform_admin");

  /** Whoever calls what asks for no credential. */
  public static final Operator NOBODY = new Operator("nobody");
}
