package dev.aegis.plugin;

/** Where a plugin can be put to use, the narrower first. */
public enum Place {
  /** On one route or upstream, or wherever else. */
  ROUTE,
  /** On all requests of a tenant, or of the installation: no route is known yet. */
  TENANT,
  /** On the whole installation alone, such as what concerns the machine. */
  INSTALLATION
}
