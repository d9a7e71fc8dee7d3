package dev.aegis.plugin;

/**
 * What Aegis itself replies to a request that it refuses.
 *
 * @param status of the reply, 400 to 599
 * @param code the stable reason, such as {@code rate_limited}
 * @param title the reason for a person, the same for every refusal of this code
 * @param detail what happened this time, {@code ""} when the title says it all
 */
public record Refused(int status, String code, String title, String detail) {}
