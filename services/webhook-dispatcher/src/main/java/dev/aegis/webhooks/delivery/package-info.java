/** The life of a delivery: its states, when it is due, and who may call whom at the same time. */
package dev.aegis.webhooks.delivery;
