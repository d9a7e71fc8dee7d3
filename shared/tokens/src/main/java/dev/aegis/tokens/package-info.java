/** Signed tokens, and the keys that they are checked with, for whoever takes some. */
package dev.aegis.tokens;
