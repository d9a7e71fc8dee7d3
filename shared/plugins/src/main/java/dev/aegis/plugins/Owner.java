package dev.aegis.plugins;

/**
 * Whose a filter is.
 *
 * @param tenant whose requests it sees
 * @param object id of the plugin's object
 * @param measures keeps what the filter counts
 */
public record Owner(String tenant, String object, Measures measures) {
  /** Of a filter that sees no requests. */
  public static final Owner NOBODY = new Owner("", "", Measures.NONE);
}
