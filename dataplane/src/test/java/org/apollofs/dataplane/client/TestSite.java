package org.apollofs.dataplane.client;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.layout.ExtentRuns;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.repair.GarbageCollector;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.local.LocalNamespace;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.memory.InMemoryNetwork;

/** A namespace, targets and hosts in memory, each agent on a thread of its own. */
final class TestSite implements AutoCloseable {
    static final int CHUNK = 64 * 1024;

    final LocalNamespace namespace;
    final InMemoryNetwork network;
    final LeapingClock clock = new LeapingClock();
    final MemoryTarget[] targets;
    final StripeLayout layout;
    private final List<AgentRunner> collectors = new ArrayList<>();
    private final Map<Long, byte[]> nameOf = new HashMap<>();
    private final List<Host> hosts = new ArrayList<>();
    private final AgentRunner targetRunner;
    private final AtomicInteger errors = new AtomicInteger();
    private int names;

    /** The machine's clock and what a test puts on it: the hosts' time. */
    static final class LeapingClock implements NanoClock {
        private final AtomicLong leapNs = new AtomicLong();

        @Override
        public long nanoTime() {
            return System.nanoTime() + leapNs.get();
        }

        void leap(long ns) {
            leapNs.addAndGet(ns);
        }
    }

    /** A host: its session, its client. */
    static final class Host {
        final Namespace namespace;
        final ApolloClient client;
        final AgentRunner runner;

        Host(Namespace namespace, ApolloClient client, AgentRunner runner) {
            this.namespace = namespace;
            this.client = client;
            this.runner = runner;
        }
    }

    TestSite(Path directory, String layout, int targetCount) {
        this(directory, StripeLayout.parse(layout, CHUNK), targetCount);
    }

    TestSite(Path directory, StripeLayout layout, int targetCount) {
        this(directory, layout, targetCount, TimeUnit.MILLISECONDS.toNanos(700));
    }

    TestSite(Path directory, StripeLayout layout, int targetCount, long requestTimeoutNs) {
        this.layout = layout;
        network = new InMemoryNetwork(SystemNanoClock.INSTANCE, requestTimeoutNs);
        namespace = LocalNamespace.open(directory, new SystemEpochNanoClock());
        targets = new MemoryTarget[targetCount];
        for (int i = 0; i < targetCount; i++) {
            targets[i] = new MemoryTarget(network, i, layout.chunkLength());
        }
        targetRunner = start(new Agent() {
            @Override
            public int doWork() {
                int work = 0;
                for (MemoryTarget target : targets) {
                    work += target.poll();
                }
                return work;
            }

            @Override
            public String roleName() {
                return "targets";
            }
        });
    }

    private AgentRunner start(Agent agent) {
        AgentRunner runner = new AgentRunner(
                new BackoffIdleStrategy(10, 10, 1000, 100_000),
                error -> {
                    errors.incrementAndGet();
                    error.printStackTrace();
                },
                null,
                agent);
        AgentRunner.startOnThread(runner);
        return runner;
    }

    Host host() {
        return host(context -> {});
    }

    Host host(Consumer<ClientContext> settings) {
        return host(settings, true);
    }

    private Host host(Consumer<ClientContext> settings, boolean awaitsAll) {
        Namespace session = namespace.connect();
        ClientContext context = new ClientContext()
                .namespace(session)
                .network(network)
                .clock(clock)
                .layout(layout)
                .targetIds(IntStream.range(0, targets.length).toArray())
                .maxRequestLength(256 * 1024)
                .inlineLimit(16 * 1024)
                .dataSlabs(32)
                .paritySlabs(16)
                .readSlabs(32)
                .patienceNs(TimeUnit.SECONDS.toNanos(30))
                .writeTimeoutNs(TimeUnit.SECONDS.toNanos(5))
                .readTimeoutNs(TimeUnit.SECONDS.toNanos(1));
        settings.accept(context);
        ApolloClient client = new ApolloClient(context);
        Host host = new Host(session, client, start(client.hostAgent()));
        hosts.add(host);
        await(() -> client.targets().areConnected() || !awaitsAll);
        return host;
    }

    /** A host that may find targets unreachable. */
    Host host2() {
        return host(context -> {}, false);
    }

    /** A host that waits for longer than any test. Targets may be unreachable. */
    Host patientHost() {
        return host(context -> context.patienceNs(TimeUnit.HOURS.toNanos(1)), false);
    }

    /** A host that is to be told of what does not answer, and soon. Targets may be unreachable. */
    Host impatientHost() {
        return host(context -> context.patienceNs(TimeUnit.MILLISECONDS.toNanos(300)), false);
    }

    long create() {
        byte[] name = ("file" + names++).getBytes(StandardCharsets.UTF_8);
        long inode = namespace.create(Inode.ROOT, name, 0644, 0, 0).id();
        nameOf.put(inode, name);
        return inode;
    }

    void unlink(long inode) {
        namespace.unlink(Inode.ROOT, nameOf.get(inode), false);
    }

    /** As the mount unlinks what it has open. */
    void unlinkKeeping(Host host, long inode) {
        host.namespace.unlink(Inode.ROOT, nameOf.get(inode), true);
    }

    /** Starts a garbage collector. */
    GarbageCollector collectGarbage(Host host) {
        GarbageCollector collector = new GarbageCollector(
                host.namespace,
                host.client.targets(),
                host.client.placements(),
                host.client.abandonedStripes(),
                SystemNanoClock.INSTANCE);
        collectors.add(start(collector));
        return collector;
    }

    /** Chunks, parity included, that a file's extents refer to. */
    int chunksOf(long inode) {
        Set<ChunkAddress> stripes = new HashSet<>();
        for (Extent extent : namespace.readContent(inode).extents()) {
            long count = ExtentRuns.stripeCount(extent, layout.dataChunks());
            for (long i = 0; i < count; i++) {
                stripes.add(new ChunkAddress(extent.session(), extent.stripe() + i, 0));
            }
        }
        int count = 0;
        for (MemoryTarget target : targets) {
            for (ChunkAddress address : target.addresses()) {
                if (stripes.contains(new ChunkAddress(address.session(), address.stripe(), 0))) {
                    count++;
                }
            }
        }
        return count;
    }

    int totalChunks() {
        int count = 0;
        for (MemoryTarget target : targets) {
            count += target.chunkCount();
        }
        return count;
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within 20 s");
            }
            LockSupport.parkNanos(200_000);
        }
    }

    /** Writes as the kernel backend does: the payload is in a slab. */
    static void writeSlab(Host host, OpenFile file, long offset, byte[] bytes, int from, int length) {
        Slab slab = host.client.slabs().tryAcquire();
        while (slab == null) {
            LockSupport.parkNanos(50_000);
            slab = host.client.slabs().tryAcquire();
        }
        slab.buffer().putBytes(0, bytes, from, length);
        file.writeSlab(offset, slab, length, WriteListener.NONE);
    }

    static void write(OpenFile file, long offset, byte[] bytes) {
        file.write(offset, new UnsafeBuffer(bytes), 0, bytes.length);
    }

    static byte[] read(OpenFile file, long offset, int length) {
        ReadResult result = new ReadResult(16);
        file.read(offset, length, result);
        byte[] bytes = new byte[result.length()];
        result.copyTo(new UnsafeBuffer(bytes), 0);
        result.release();
        return bytes;
    }

    static byte[] readAll(OpenFile file, int piece) {
        byte[] all = new byte[(int) file.size()];
        int at = 0;
        while (at < all.length) {
            byte[] bytes = read(file, at, Math.min(piece, all.length - at));
            if (bytes.length == 0) {
                throw new AssertionError("read nothing at " + at + " of " + all.length);
            }
            System.arraycopy(bytes, 0, all, at, bytes.length);
            at += bytes.length;
        }
        return all;
    }

    @Override
    public void close() {
        for (Host host : hosts) {
            try {
                host.client.close();
            } catch (DataException e) {
                // Tests that end with faults switched on leave dirty files behind.
                System.err.println("close: " + e.getMessage());
            }
        }
        collectors.forEach(AgentRunner::close);
        for (Host host : hosts) {
            host.runner.close();
        }
        targetRunner.close();
        for (MemoryTarget target : targets) {
            target.close();
        }
        network.close();
        for (Host host : hosts) {
            host.namespace.close();
        }
        namespace.close();
        if (errors.get() > 0) {
            throw new AssertionError("an agent failed");
        }
    }
}
