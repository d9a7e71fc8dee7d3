/**
 * Endpoints as the journal defines them: who wants which events, and the secret that signs them.
 */
package dev.aegis.webhooks.subscription;
