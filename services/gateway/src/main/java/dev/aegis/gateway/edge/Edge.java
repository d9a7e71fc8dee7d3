package dev.aegis.gateway.edge;

import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.Forwarder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What every caller's connection works with.
 *
 * @param settings bounds
 * @param tracing begins the traces of requests
 * @param snapshot the configuration in force
 * @param pipeline the phases before forwarding
 * @param forwarder carries admitted requests to upstreams
 * @param deadlines ends waits
 * @param records hears of every request when it has come to its end
 * @param node name of this gateway
 * @param active requests under way
 * @param load the same by tenant, and whose may begin
 * @param cache replies that are kept
 * @param departures who is told when the gateway is about to stop
 */
record Edge(
    EdgeSettings settings,
    Tracing tracing,
    Supplier<Snapshot> snapshot,
    Pipeline pipeline,
    Forwarder forwarder,
    Deadlines deadlines,
    Consumer<Finished> records,
    String node,
    LongAdder active,
    Load load,
    ReplyCache cache,
    Departures departures) {}
