package org.apollofs.dataplane.client;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.Agent;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.repair.OrphanSweep;
import org.apollofs.dataplane.repair.SweepContext;
import org.apollofs.dataplane.stripe.WaitStrategy;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.local.LocalNamespace;
import org.apollofs.transport.memory.InMemoryNetwork;

/**
 * Hosts, targets and the namespace on one thread, with a clock of their own: while a host's caller waits, the others go on.
 * The same calls give the same run.
 */
final class OneThreadSite implements AutoCloseable, WaitStrategy {
    static final int CHUNK = 64 * 1024;
    private static final long STEP_NS = 1_000_000;
    private static final long SWEEP_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MANY_STEPS = 200_000;

    final SimulatedClock clock = new SimulatedClock();
    final InMemoryNetwork network = new InMemoryNetwork(clock, TimeUnit.MILLISECONDS.toNanos(700));
    final LocalNamespace namespace;
    final DiskTarget[] targets;
    final StripeLayout layout;

    /** The one that is restarted. */
    OneThreadHost host;

    private final List<OneThreadHost> others = new ArrayList<>();
    private OrphanSweep sweep;

    /** @param chunks of full length that each target has room for. */
    OneThreadSite(Path directory, String layout, int chunks, long seed) {
        this.layout = StripeLayout.parse(layout, CHUNK);
        namespace = LocalNamespace.open(directory.resolve("namespace"), clock);
        targets = new DiskTarget[this.layout.width()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = new DiskTarget(directory, i, network, clock, CHUNK, chunks, seed + i);
        }
        start();
    }

    private void start() {
        // What an earlier host has left may be swept.
        namespace.beginGeneration();
        host = new OneThreadHost(this);
        sweep = new OrphanSweep(new SweepContext()
                .namespace(host.session)
                .targets(host.client.targets())
                .placements(host.client.placements())
                .clock(clock)
                .witness((target, identity) -> true)
                .delayNs(SWEEP_DELAY_NS)
                .limitPercent(100));
        awaitConnected(host);
    }

    private void awaitConnected(OneThreadHost starting) {
        long until = clock.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        run(() -> starting.client.targets().areConnected() || clock.nanoTime() - until >= 0);
    }

    /** Another host beside, for as long as the site lives. */
    OneThreadHost addHost() {
        OneThreadHost other = new OneThreadHost(this);
        others.add(other);
        awaitConnected(other);
        return other;
    }

    // ---- time

    /** Everybody but the caller does what there is to do. */
    private void step() {
        clock.advance(STEP_NS);
        for (DiskTarget target : targets) {
            target.doWork();
        }
        host.work();
        others.forEach(OneThreadHost::work);
        if (others.isEmpty()) {
            work(sweep);
        }
    }

    static void work(Agent agent) {
        try {
            agent.doWork();
        } catch (Exception e) {
            throw new AssertionError(agent.roleName(), e);
        }
    }

    @Override
    public void await(long maxNs) {
        step();
    }

    @Override
    public void wake(Thread thread) {
        // There is one thread.
    }

    /** Lets time pass until something holds. */
    void run(BooleanSupplier condition) {
        for (int i = 0; !condition.getAsBoolean(); i++) {
            if (i == MANY_STEPS) {
                throw new AssertionError("not within " + MANY_STEPS + " steps");
            }
            step();
        }
    }

    /** Lets some time pass. */
    void run(long ns) {
        long until = clock.nanoTime() + ns;
        run(() -> clock.nanoTime() - until >= 0);
    }

    /** All targets, lanes and commits are good again, and what was put off for a while is not any more. */
    void heal() {
        host.heal();
        others.forEach(OneThreadHost::heal);
        for (DiskTarget target : targets) {
            network.isolate(target.id, false);
            target.heal();
            if (!target.isWritable()) {
                target.restart();
            }
        }
        run(TimeUnit.SECONDS.toNanos(3));
    }

    // ---- ends

    /** The host ends in order, and another takes its place. */
    void restart() {
        host.close();
        start();
    }

    /** The host is gone from one moment to the next, and another takes its place. */
    void crash() {
        host.crash();
        start();
    }

    /** All that is garbage has been deleted. */
    void collectGarbage() {
        run(() -> host.hasCollected() && (sweep.isDone() || !others.isEmpty()));
        run(TimeUnit.SECONDS.toNanos(1));
    }

    // ---- files

    long create(String name) {
        return namespace
                .create(Inode.ROOT, name.getBytes(StandardCharsets.UTF_8), 0644, 0, 0)
                .id();
    }

    void delete(String name) {
        namespace.unlink(Inode.ROOT, name.getBytes(StandardCharsets.UTF_8), false);
    }

    @Override
    public void close() {
        heal();
        host.close();
        others.forEach(OneThreadHost::close);
        for (DiskTarget target : targets) {
            target.close();
        }
        network.close();
        namespace.close();
    }
}
