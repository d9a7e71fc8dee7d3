/** Which plugins there are and what each can be told. */
package dev.aegis.admin.catalog;
