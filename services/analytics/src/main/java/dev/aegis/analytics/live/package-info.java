/** Counters of the last hours in Redis: an index for whoever wants to look, never the truth. */
package dev.aegis.analytics.live;
