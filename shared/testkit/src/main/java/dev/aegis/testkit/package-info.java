/**
 * What tests of every module share: real peers (Kafka, Redis, Consul), processes of this
 * repository, scripted backends, raw HTTP, tokens and the check of package dependencies.
 */
package dev.aegis.testkit;
