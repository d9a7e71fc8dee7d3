/** The journal read backwards: who changed what, when, from what to what. */
package dev.aegis.admin.history;
