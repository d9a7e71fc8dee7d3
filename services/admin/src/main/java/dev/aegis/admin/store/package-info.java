/** What the admin service reads in Redis. */
package dev.aegis.admin.store;
