/** Redis, as far as several services use it: where it is, and what they tell each other in it. */
package dev.aegis.redis;
