/** The admin API over HTTP: what each operation reads from a request and writes into a reply. */
package dev.aegis.admin.api;
