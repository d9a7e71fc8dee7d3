/** Which plugins there are, and their configurations: what gateway and admin service share. */
@NullMarked
package dev.aegis.plugins;

import org.jspecify.annotations.NullMarked;
