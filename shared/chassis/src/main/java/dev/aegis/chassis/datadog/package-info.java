/** What a service sends to Datadog: its metrics, and the lines of its log. */
@NullMarked
package dev.aegis.chassis.datadog;

import org.jspecify.annotations.NullMarked;
