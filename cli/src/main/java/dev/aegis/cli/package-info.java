/** The {@code aegis} commands that speak to a running suite through its admin API. */
@NullMarked
package dev.aegis.cli;

import org.jspecify.annotations.NullMarked;
