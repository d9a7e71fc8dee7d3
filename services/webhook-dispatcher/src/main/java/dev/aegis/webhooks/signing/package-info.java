/** Signatures as Standard Webhooks has them. */
package dev.aegis.webhooks.signing;
