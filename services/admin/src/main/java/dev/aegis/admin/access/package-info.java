/** Who may administer, known by a token, and how far each of them reaches. */
package dev.aegis.admin.access;
