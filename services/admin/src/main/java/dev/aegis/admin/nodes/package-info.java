/** Who runs which revision. */
package dev.aegis.admin.nodes;
