/** Questions about a range of time, answered from cells. Knows neither HTTP nor where cells lie. */
package dev.aegis.analytics.query;
