/** What the admin service can be told at its start. */
package dev.aegis.admin.settings;
