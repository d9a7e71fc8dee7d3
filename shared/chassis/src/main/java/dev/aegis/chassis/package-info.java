/** What makes a program a service: settings, start and stop, logs, metrics, health, problems. */
@NullMarked
package dev.aegis.chassis;

import org.jspecify.annotations.NullMarked;
