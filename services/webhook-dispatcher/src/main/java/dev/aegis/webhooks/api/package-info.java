/** What operators and the admin service ask the dispatcher over HTTP. */
package dev.aegis.webhooks.api;
