/** The admin service, put together. */
package dev.aegis.admin;
