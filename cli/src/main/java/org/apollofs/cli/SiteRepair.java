package org.apollofs.cli;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochClock;
import org.apollofs.dataplane.client.ApolloClient;
import org.apollofs.dataplane.repair.HostLanes;
import org.apollofs.dataplane.repair.RepairContext;
import org.apollofs.dataplane.repair.RepairEngine;
import org.apollofs.dataplane.repair.RepairStatus;
import org.apollofs.dataplane.stripe.DataCounters;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.RepairProfile;

/** Repair of an embedded site, on a thread of its own and over the host's lanes: closed before the client's agent. */
final class SiteRepair implements AutoCloseable {
    /** Nobody waits for it, and it has several requests under way. */
    private static final int IDLE_MS = 5;
    /** Where there was nothing to do for a while. */
    private static final int REST_MS = 320;

    private final RepairEngine engine;
    private final AgentThread thread;

    private SiteRepair(RepairEngine engine, AgentThread thread) {
        this.engine = engine;
        this.thread = thread;
    }

    static SiteRepair start(
            SiteFolder folder,
            HardwareProfile profile,
            Namespace namespace,
            ApolloClient client,
            NanoClock clock,
            BiConsumer<String, Throwable> onFailure) {
        RepairProfile settings = profile.repair();
        RepairEngine engine = new RepairEngine(new RepairContext()
                .lanes(new HostLanes(client.targets()))
                .namespace(namespace::liveExtents)
                .placements(client.placements())
                .clock(clock)
                .epochClock(SystemEpochClock.INSTANCE)
                .suspects(client.suspectChunks())
                .hostBytes(() -> hostBytes(client))
                .jobs(new JobFile(folder))
                .slabLength(
                        Math.max(profile.layout().chunkLength(), profile.mount().maxWrite()))
                .repairPercent(settings.repairPercent())
                .backgroundPercent(settings.backgroundPercent())
                .scrubPeriodMs(TimeUnit.DAYS.toMillis(settings.scrubDays())));
        return new SiteRepair(engine, AgentThread.start("apollo-repair", List.of(engine), idle(), onFailure));
    }

    private static IdleStrategy idle() {
        return new BackoffIdleStrategy(
                0, 0, TimeUnit.MILLISECONDS.toNanos(IDLE_MS), TimeUnit.MILLISECONDS.toNanos(REST_MS));
    }

    private static long hostBytes(ApolloClient client) {
        DataCounters.Snapshot counters = client.counters();
        return counters.bytesSent() + counters.bytesRead();
    }

    RepairStatus status() {
        return engine.status();
    }

    @Override
    public void close() {
        thread.close();
    }
}
