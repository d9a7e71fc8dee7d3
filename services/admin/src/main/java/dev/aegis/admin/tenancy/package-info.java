/**
 * What may stand in the configuration: how documents are read and shown, which object may name
 * which, and who still needs what somebody wants to delete. Pure functions over the fold.
 */
package dev.aegis.admin.tenancy;
