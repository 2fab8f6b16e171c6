package org.apollofs.dataplane.client;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.repair.GarbageCollector;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.local.LocalNamespace;

/** A host of a {@link OneThreadSite}: its session, its client, its agents, and the faults of its lanes and commits. */
final class OneThreadHost {
    private static final int PIECE = 128 * 1024;

    final FaultyLanes lanes;
    final LocalNamespace session;
    final FaultyNamespace commits;
    final ApolloClient client;
    private final OneThreadSite site;
    private final Agent agent;
    final GarbageCollector garbage;

    OneThreadHost(OneThreadSite site) {
        this.site = site;
        lanes = new FaultyLanes(site.network);
        session = site.namespace.connect();
        commits = new FaultyNamespace(session);
        client = new ApolloClient(new ClientContext()
                .namespace(commits.session())
                .network(lanes)
                .layout(site.layout)
                .targetIds(IntStream.range(0, site.targets.length).toArray())
                .clock(site.clock)
                .epochClock(site.clock)
                .waitStrategy(site)
                .maxRequestLength(256 * 1024)
                .inlineLimit(4 * 1024)
                .dataSlabs(32)
                .paritySlabs(16)
                .readSlabs(32)
                .patienceNs(TimeUnit.MILLISECONDS.toNanos(300))
                .writeTimeoutNs(TimeUnit.SECONDS.toNanos(5))
                .readTimeoutNs(TimeUnit.SECONDS.toNanos(1)));
        agent = client.hostAgent();
        garbage = new GarbageCollector(
                session, client.targets(), client.placements(), client.abandonedStripes(), site.clock);
    }

    void work() {
        OneThreadSite.work(agent);
        OneThreadSite.work(garbage);
    }

    void heal() {
        lanes.plan = FaultyLanes.Plan.GOOD;
        commits.outcome = FaultyNamespace.Outcome.COMMITTED;
    }

    /** Whether nothing is left that this host's collector would delete. */
    boolean hasCollected() {
        return session.freedRuns(1).isEmpty() && client.abandonedStripes().isEmpty();
    }

    /** Ends in order: what is dirty is committed, if it can be. */
    void close() {
        try {
            client.close();
        } catch (DataException e) {
            System.err.println("close: " + e.getMessage());
        }
        crash();
    }

    /** Ends from one moment to the next. */
    void crash() {
        try {
            agent.onClose();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        session.close();
    }

    // ---- files

    /** Opens as the mount does. */
    OpenFile open(long inode, boolean truncate) {
        return client.open(session.getAttributes(inode), truncate);
    }

    /** Writes as the kernel backend does: the payload is in a slab. */
    void writeSlab(OpenFile file, long offset, byte[] bytes, int from, int length) {
        Slab[] slab = new Slab[1];
        site.run(() -> (slab[0] = client.slabs().tryAcquire()) != null);
        slab[0].buffer().putBytes(0, bytes, from, length);
        file.writeSlab(offset, slab[0], length, WriteListener.NONE);
    }

    static void write(OpenFile file, long offset, byte[] bytes, int from, int length) {
        file.write(offset, new UnsafeBuffer(bytes, from, length), 0, length);
    }

    /** What the file holds, read through a handle of its own: twice the same, so that nothing was lost meanwhile. */
    byte[] read(long inode) {
        OpenFile file = open(inode, false);
        try {
            byte[] before = readToEnd(file);
            byte[] now = readToEnd(file);
            while (!Arrays.equals(before, now)) {
                before = now;
                now = readToEnd(file);
            }
            return now;
        } finally {
            file.release();
        }
    }

    private static byte[] readToEnd(OpenFile file) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] piece = TestSite.read(file, 0, PIECE);
        while (piece.length > 0) {
            all.writeBytes(piece);
            piece = TestSite.read(file, all.size(), PIECE);
        }
        return all.toByteArray();
    }
}
