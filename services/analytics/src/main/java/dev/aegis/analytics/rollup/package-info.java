/**
 * Additive cells: what is kept of the requests, and how it is written down. Pure values, no I/O.
 */
package dev.aegis.analytics.rollup;
