/** Ids and values that travel between services. Depends on nothing but the JDK. */
package dev.aegis.model;
