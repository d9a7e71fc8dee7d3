/** What an operator can set on the webhook dispatcher. */
package dev.aegis.webhooks.settings;
