/** Who may administer: today the platform administrator, known by one token. */
package dev.aegis.admin.access;
