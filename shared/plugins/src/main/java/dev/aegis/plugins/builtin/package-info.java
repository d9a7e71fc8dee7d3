/** The plugins that come with every gateway. */
@NullMarked
package dev.aegis.plugins.builtin;

import org.jspecify.annotations.NullMarked;
