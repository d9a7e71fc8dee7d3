/**
 * The fixed sequence match, identify, admit. How far a request has come is its type, so no phase
 * can be skipped or moved: their order is a security property.
 */
package dev.aegis.gateway.pipeline;
