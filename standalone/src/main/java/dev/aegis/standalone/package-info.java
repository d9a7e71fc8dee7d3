/** The whole suite on one machine: embedded peers, the four services in one JVM, and a demo. */
package dev.aegis.standalone;
