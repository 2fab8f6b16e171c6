package org.apollofs.dataplane.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.client.ApolloClient;
import org.apollofs.dataplane.client.ClientContext;
import org.apollofs.dataplane.client.OpenFile;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.WaitStrategy;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.local.LocalNamespace;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.memory.InMemoryNetwork;

/**
 * A site on the test's thread: namespace, targets, a host, garbage and repair take turns in {@link #step()}, in an order
 * that a seed decides, and time goes on by nothing else. Who waits lets the others go on.
 */
final class RepairSite implements AutoCloseable, WaitStrategy {
    static final int CHUNK = 64 * 1024;
    private static final long STEP_NS = 200_000;
    private static final int MOST_STEPS = 400_000;

    final Random random;
    final StripeLayout layout;
    final InMemoryNetwork network;
    final TargetDouble[] targets;
    final LocalNamespace namespace;
    final ApolloClient client;
    final GarbageCollector garbage;
    final Map<Long, byte[]> files = new LinkedHashMap<>();
    final Consumer<RepairContext> settings;
    RepairEngine repair;
    /** Called at the end of each step. */
    Runnable onStep = () -> {};

    private final Map<Long, byte[]> names = new HashMap<>();
    private long timeNs = TimeUnit.DAYS.toNanos(1);
    private int fileCount;

    RepairSite(Path directory, String layout, int targetCount, long seed) {
        this(directory, layout, targetCount, seed, context -> {});
    }

    RepairSite(Path directory, String layout, int targetCount, long seed, Consumer<RepairContext> settings) {
        this.random = new Random(seed);
        this.layout = StripeLayout.parse(layout, 2 * CHUNK);
        this.settings = settings;
        network = new InMemoryNetwork(() -> timeNs, TimeUnit.SECONDS.toNanos(2));
        targets = new TargetDouble[targetCount];
        for (int i = 0; i < targetCount; i++) {
            targets[i] = new TargetDouble(network, i, this.layout.chunkLength());
        }
        namespace = LocalNamespace.open(directory, () -> timeNs);
        client = new ApolloClient(new ClientContext()
                .namespace(namespace)
                .network(network)
                .layout(this.layout)
                .targetIds(IntStream.range(0, targetCount).toArray())
                .maxRequestLength(2 * CHUNK)
                .inlineLimit(4096)
                .dataSlabs(48)
                .paritySlabs(24)
                .readSlabs(48)
                .clock(() -> timeNs)
                .epochClock(() -> timeNs)
                .patienceNs(TimeUnit.SECONDS.toNanos(60))
                .readTimeoutNs(TimeUnit.SECONDS.toNanos(3))
                .waitStrategy(this));
        garbage = new GarbageCollector(
                namespace, client.targets(), client.placements(), client.abandonedStripes(), () -> timeNs);
        until(() -> client.targets().areConnected());
    }

    long timeNs() {
        return timeNs;
    }

    void sleep(long ns) {
        timeNs += ns;
    }

    /** Starts repair, as a process that begins. */
    void startRepair() {
        RepairContext context = new RepairContext()
                .lanes(new HostLanes(client.targets()))
                .namespace(namespace::liveExtents)
                .placements(client.placements())
                .clock(() -> timeNs)
                .epochClock(() -> TimeUnit.NANOSECONDS.toMillis(timeNs))
                .suspects(client.suspectChunks())
                .slabLength(layout.chunkLength())
                .scrubPeriodMs(0)
                .retryNs(TimeUnit.MILLISECONDS.toNanos(200))
                .settleNs(TimeUnit.MILLISECONDS.toNanos(20))
                .patienceNs(TimeUnit.MILLISECONDS.toNanos(200));
        settings.accept(context);
        repair = new RepairEngine(context);
    }

    /** Ends repair where it is, as a kill does: what is under way is answered to nobody. */
    void killRepair() {
        repair.onClose();
        repair = null;
    }

    void step() {
        timeNs += STEP_NS;
        int first = random.nextInt(targets.length);
        for (int i = 0; i < targets.length; i++) {
            targets[(first + i) % targets.length].poll();
        }
        doWork(client.hostAgent()::doWork);
        if (repair != null) {
            doWork(repair::doWork);
        }
        doWork(garbage::doWork);
        onStep.run();
    }

    private interface Duty {
        int doWork() throws Exception;
    }

    private static void doWork(Duty duty) {
        try {
            duty.doWork();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    void until(BooleanSupplier condition) {
        int steps = 0;
        while (!condition.getAsBoolean()) {
            if (++steps > MOST_STEPS) {
                throw new AssertionError(
                        "not within " + MOST_STEPS + " steps: " + (repair == null ? "" : repair.status()));
            }
            step();
        }
    }

    /** Until repair has looked at everything as it is now, and says so. */
    void untilState(JobState state) {
        // What the last status says may be of a time before what the test did.
        long from = timeNs + TimeUnit.MILLISECONDS.toNanos(500);
        until(() ->
                timeNs >= from && repair.status().surveyed() && repair.status().state() == state);
    }

    @Override
    public void await(long maxNs) {
        step();
    }

    @Override
    public void wake(Thread thread) {
        // There is but one.
    }

    /** Writes a file in pieces of many lengths, so that chunks of a stripe differ. */
    long write(int length) {
        byte[] name = ("f" + fileCount++).getBytes(StandardCharsets.UTF_8);
        long inode = namespace.create(Inode.ROOT, name, 0644, 0, 0).id();
        names.put(inode, name);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        OpenFile file = client.open(inode, false);
        for (int at = 0; at < length; ) {
            int piece = Math.min(length - at, random.nextInt(4) == 0 ? 1 + random.nextInt(CHUNK) : 2 * CHUNK);
            file.write(at, new UnsafeBuffer(bytes), at, piece);
            at += piece;
        }
        file.release();
        files.put(inode, bytes);
        return inode;
    }

    /** Writes over a part of a file, which leaves dead chunks in stripes that live. */
    void overwrite(long inode, int offset, int length) {
        byte[] bytes = files.get(inode);
        byte[] part = new byte[length];
        random.nextBytes(part);
        System.arraycopy(part, 0, bytes, offset, length);
        OpenFile file = client.open(inode, false);
        file.write(offset, new UnsafeBuffer(part), 0, length);
        file.release();
    }

    void delete(long inode) {
        namespace.unlink(Inode.ROOT, names.remove(inode), false);
        files.remove(inode);
        garbage.trigger();
    }

    void readAll() {
        files.forEach((inode, bytes) -> assertArrayEquals(bytes, read(inode, bytes.length), "inode=" + inode));
    }

    byte[] read(long inode, int length) {
        OpenFile file = client.open(inode, false);
        byte[] all = new byte[length];
        for (int at = 0; at < length; ) {
            ReadResult result = new ReadResult(16);
            file.read(at, Math.min(CHUNK, length - at), result);
            result.copyTo(new UnsafeBuffer(all, at, result.length()), 0);
            at += result.length();
            result.release();
        }
        file.release();
        return all;
    }

    /** All chunks, by target. */
    Map<Integer, Map<ChunkAddress, TargetDouble.Stored>> everything() {
        Map<Integer, Map<ChunkAddress, TargetDouble.Stored>> all = new HashMap<>();
        for (TargetDouble target : targets) {
            all.put(target.id, target.copy());
        }
        return all;
    }

    /** Every chunk that was there before is there again, bit by bit, and no other. */
    void assertSame(Map<Integer, Map<ChunkAddress, TargetDouble.Stored>> before) {
        for (TargetDouble target : targets) {
            Map<ChunkAddress, TargetDouble.Stored> were = before.get(target.id);
            assertEquals(were.keySet(), target.chunks.keySet(), "target=" + target.id);
            were.forEach((address, chunk) -> {
                if (!chunk.isSame(target.chunks.get(address))) {
                    throw new AssertionError("chunk differs: target=" + target.id + ", " + address);
                }
            });
        }
    }

    /** Names of the stripes that files refer to. */
    Set<StripeName> liveStripes() {
        Set<StripeName> live = new HashSet<>();
        LiveScan scan = new LiveScan(
                namespace::liveExtents,
                client.placements(),
                () -> timeNs,
                (session, stripe, placement, mask, bytes) -> live.add(new StripeName(session, stripe)));
        while (!scan.isDone()) {
            scan.advance();
        }
        return live;
    }

    @Override
    public void close() {
        client.close();
        if (repair != null) {
            repair.onClose();
        }
        client.hostAgent().onClose();
        for (TargetDouble target : targets) {
            target.close();
        }
        network.close();
        namespace.close();
    }
}
