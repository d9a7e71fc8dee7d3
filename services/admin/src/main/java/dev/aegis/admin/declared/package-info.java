/** The configuration as one document: what shall hold, and what holds written as one. */
package dev.aegis.admin.declared;
