package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.upstream.Backend;
import dev.aegis.journal.Arbiter;

/**
 * Who is asked whether requests of a route may pass.
 *
 * @param route its id and revision, and those of the tenant where that says who is asked: what was
 *     said under other terms is void
 * @param rules what is asked, and what holds when there is no answer
 * @param backend where; without an upstream there is no answer
 */
public record ArbiterPlan(String route, Arbiter rules, Backend backend) {}
