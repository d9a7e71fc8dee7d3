/** What an operator can set of analytics. */
package dev.aegis.analytics.settings;
