/** Keys that issuers publish: fetched from where they do, and kept while they cannot be asked. */
package dev.aegis.tokens.keys;
