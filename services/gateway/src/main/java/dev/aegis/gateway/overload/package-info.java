/** How much is under way, and whose request is turned away when it is too much. */
package dev.aegis.gateway.overload;
