/** The configuration in force, compiled: one immutable value, swapped as a whole. */
package dev.aegis.gateway.snapshot;
