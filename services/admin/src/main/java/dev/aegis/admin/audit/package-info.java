/** What operators did and were refused: written down, and read back, newest first. */
package dev.aegis.admin.audit;
