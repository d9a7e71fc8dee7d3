/**
 * The file of plugins: the same objects as those of the admin API, for people who rather edit a
 * file.
 */
package dev.aegis.admin.files;
