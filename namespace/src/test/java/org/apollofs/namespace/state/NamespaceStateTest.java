package org.apollofs.namespace.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.TxnEncoder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class NamespaceStateTest {
    private static final long MAP_LENGTH = 64 << 20;

    @TempDir
    Path directory;

    private NamespaceState state;
    private CommandLog log;

    @BeforeEach
    void openState() {
        state = new NamespaceState(directory.resolve("first"), MAP_LENGTH);
        log = new CommandLog(state);
    }

    @AfterEach
    void closeState() {
        state.close();
    }

    private UnsafeBuffer put(long session, long id, long acked, String key, String value) {
        return log.apply(
                session,
                id,
                acked,
                (e, to) -> e.put(to, key.getBytes(UTF_8), value.getBytes(UTF_8), KeyValue.ANY_VERSION));
    }

    private String get(String key) {
        KeyValue.Value value = state.reads().get(key.getBytes(UTF_8));
        return value == null ? null : new String(value.value(), UTF_8);
    }

    // Exactly once.

    @Test
    void shouldApplyARepeatedCommandOnce() {
        long session = log.openSession();
        long version = log.results().done(put(session, 1, 1, "k", "first"));
        put(session, 2, 1, "k", "second");
        assertEquals(version, log.results().done(put(session, 1, 1, "k", "first")));
        assertEquals("second", get("k"));
        assertEquals(2 + 0L, state.lastChange());
    }

    @Test
    void shouldRepeatARefusalToo() {
        long session = log.openSession();
        UnsafeBuffer refused = log.apply(session, 1, 1, (e, to) -> e.removeDirectory(to, 1, new byte[] {'d'}));
        assertEquals(NamespaceError.NOT_FOUND, log.error(refused));
        log.apply(session, 2, 1, (e, to) -> e.makeNode(to, 1, new byte[] {'d'}, 0040755, 0, 0, new byte[0]));
        refused = log.apply(session, 1, 1, (e, to) -> e.removeDirectory(to, 1, new byte[] {'d'}));
        assertEquals(NamespaceError.NOT_FOUND, log.error(refused));
        assertNotNull(state.reads().lookup(1, new byte[] {'d'}));
    }

    @Test
    void shouldNotApplyACommandWhoseAnswerHasArrived() {
        long session = log.openSession();
        put(session, 1, 1, "k", "first");
        put(session, 2, 2, "k", "second");
        assertEquals(NamespaceError.INVALID, log.error(put(session, 1, 1, "k", "first")));
        assertEquals("second", get("k"));
    }

    @Test
    void shouldOpenTheSameSessionForTheSameNonce() {
        long first = log.results().done(log.apply(0, 0, 0, (e, to) -> e.openSession(to, 42, CommandLog.LEASE_NS)));
        long again = log.results().done(log.apply(0, 0, 0, (e, to) -> e.openSession(to, 42, CommandLog.LEASE_NS)));
        long other = log.results().done(log.apply(0, 0, 0, (e, to) -> e.openSession(to, 43, CommandLog.LEASE_NS)));
        assertEquals(first, again);
        assertNotEquals(first, other);
        assertEquals(NamespaceError.INVALID, log.error(log.apply(0, 0, 0, (e, to) -> e.openSession(to, 44, 1))));
    }

    // What is remembered of directories, and values in inodes.

    private UnsafeBuffer rename(long session, long id, String from, String to, int flags) {
        return log.apply(
                session, id, id, (e, buffer) -> e.renamePath(buffer, from.getBytes(UTF_8), to.getBytes(UTF_8), flags));
    }

    private String lastPath() {
        return CommandLog.changes(state, state.lastChange(), 1)
                .changes()
                .getFirst()
                .path();
    }

    @Test
    void shouldForgetWhereDirectoriesWere() {
        long session = log.openSession();
        put(session, 1, 1, "a/b/c/k", "first");
        put(session, 2, 2, "x/b/c/k", "other");
        assertNull(log.error(rename(session, 3, "a/b", "a/z", 0)));
        put(session, 4, 4, "a/b/c/k", "second");
        assertEquals("a/b/c/k", lastPath());
        put(session, 5, 5, "a/z/c/k", "third");
        assertEquals("a/z/c/k", lastPath());
        assertEquals("second", get("a/b/c/k"));
        assertEquals("third", get("a/z/c/k"));
        assertNull(log.error(rename(session, 6, "a", "x", Namespace.RENAME_EXCHANGE)));
        put(session, 7, 7, "a/b/c/k", "fourth");
        assertEquals("a/b/c/k", lastPath());
        assertEquals("second", get("x/b/c/k"));
        log.apply(session, 8, 8, (e, to) -> e.removeTree(to, "a/b".getBytes(UTF_8)));
        put(session, 9, 9, "a/b/c/k", "fifth");
        assertEquals("fifth", get("a/b/c/k"));
        // A file where a directory was.
        log.apply(session, 10, 10, (e, to) -> e.removeTree(to, "a/b/c".getBytes(UTF_8)));
        put(session, 11, 11, "a/b/c", "file");
        assertEquals(NamespaceError.NOT_DIRECTORY, log.error(put(session, 12, 12, "a/b/c/k", "sixth")));
        assertEquals("file", get("a/b/c"));
    }

    @Test
    void shouldForgetDirectoriesOfATransactionThatIsRefused() {
        long session = log.openSession();
        put(session, 1, 1, "d/k", "v");
        Txn refused = Txn.when()
                .then(
                        new Txn.Put("d/new/k", new byte[1]),
                        new Txn.Rename("d", "moved"),
                        new Txn.Put("moved/k", new byte[1]),
                        new Txn.Put("moved", new byte[1]));
        assertEquals(
                NamespaceError.IS_DIRECTORY,
                log.error(log.apply(session, 2, 2, (e, to) -> new TxnEncoder(e).encode(to, refused))));
        put(session, 3, 3, "d/new/k", "w");
        assertEquals("d/new/k", lastPath());
        assertEquals("w", get("d/new/k"));
        assertEquals("v", get("d/k"));
        assertNull(get("moved/k"));
        put(session, 4, 4, "moved/k", "u");
        assertEquals("moved/k", lastPath());
        assertEquals("v", get("d/k"));
    }

    @Test
    void shouldHoldValuesOfAnyLengthThroughRenames() {
        long session = log.openSession();
        long id = 0;
        String longName = "n".repeat(NamespaceLimits.NAME_LENGTH);
        int embedded = InodeRecord.EMBEDDED_LENGTH;
        for (int length : new int[] {0, 1, embedded, embedded + 1, 1, NamespaceLimits.INLINE_LENGTH, 0, embedded}) {
            String value = "v".repeat(length);
            id++;
            put(session, id, id, "f", value);
            assertEquals(value, get("f"), "length=" + length);
            id++;
            rename(session, id, "f", longName, 0);
            assertEquals(value, get(longName), "length=" + length);
            id++;
            rename(session, id, longName, "f", 0);
            assertEquals(value, get("f"), "length=" + length);
            long file = state.reads().get("f".getBytes(UTF_8)).inode().id();
            id++;
            log.apply(session, id, id, (e, to) -> e.setAttributes(to, file, AttributeChange.size(length / 2)));
            assertEquals("v".repeat(length / 2), get("f"), "length=" + length);
        }
    }

    // Leases.

    @Test
    void shouldFenceASessionWhoseLeaseIsOver() {
        long session = log.openSession();
        put(session, 1, 1, "k", "first");
        log.advance(CommandLog.LEASE_NS - 1_000_000);
        log.tick();
        assertNull(log.error(put(session, 2, 1, "k", "second")));
        log.advance(CommandLog.LEASE_NS + 1);
        log.tick();
        assertEquals(0, state.sessionCount());
        assertEquals(NamespaceError.FENCED, log.error(put(session, 3, 1, "k", "third")));
        assertEquals("second", get("k"));
        assertEquals(Long.MAX_VALUE, state.nextExpiryNs());
        assertNotEquals(session, log.openSession());
    }

    @Test
    void shouldNotCountTheTimeInWhichNobodyServed() {
        state.countAtMost(CommandLog.LEASE_NS / 4);
        long session = log.openSession();
        long lease = log.results().done(log.apply(session, 1, 1, (e, to) -> e.grantLease(to, CommandLog.LEASE_NS)));
        long longer =
                log.results().done(log.apply(session, 2, 1, (e, to) -> e.grantLease(to, 2 * CommandLog.LEASE_NS)));
        // As when all members stood still: nothing was logged.
        log.advance(10 * CommandLog.LEASE_NS);
        log.tick();
        assertEquals(1, state.sessionCount());
        assertNull(log.error(log.apply(session, 3, 3, (e, to) -> e.keepLeaseAlive(to, longer))));
        for (int i = 0; i < 3; i++) {
            assertEquals(1, state.sessionCount());
            log.advance(CommandLog.LEASE_NS / 4);
            log.tick();
        }
        assertEquals(
                NamespaceError.NOT_FOUND, log.error(log.apply(session, 4, 4, (e, to) -> e.keepLeaseAlive(to, lease))));
        assertNull(log.error(log.apply(session, 5, 5, (e, to) -> e.keepLeaseAlive(to, longer))));
        log.advance(CommandLog.LEASE_NS / 4);
        log.tick();
        assertEquals(1, state.sessionCount(), "it was heard of");
        for (int i = 0; i < 3; i++) {
            log.advance(CommandLog.LEASE_NS / 4);
            log.tick();
        }
        assertEquals(0, state.sessionCount());
    }

    @Test
    void shouldRefuseCommitsOfASessionWhoseLeaseIsOver() {
        long session = log.openSession();
        log.apply(session, 1, 1, (e, to) -> e.addPlacementTable(to, 2, 1, List.of(new int[] {0, 1, 2})));
        put(session, 2, 1, "f", "inline");
        long file = state.reads().get("f".getBytes(UTF_8)).inode().id();
        Extent extent = new Extent(0, 100, session, 7, 0, 0, 100, 1);
        ContentCommit commit =
                new ContentCommit(file, true, ContentCommit.ANY_VERSION, null, List.of(extent), 100, ContentCommit.NOW);
        log.advance(CommandLog.LEASE_NS + 1);
        log.tick();
        long last = state.lastChange();
        assertEquals(NamespaceError.FENCED, log.error(log.apply(session, 3, 1, (e, to) -> e.commit(to, commit))));
        Txn txn = Txn.when().then(new Txn.Commit(commit), new Txn.Put("f", new byte[1]));
        assertEquals(
                NamespaceError.FENCED,
                log.error(log.apply(session, 4, 1, (e, to) -> new TxnEncoder(e).encode(to, txn))));
        assertEquals("inline", get("f"));
        assertEquals(last, state.lastChange());
        // Nothing refers to its stripes: they are garbage for the sweep.
        assertTrue(state.reads().liveExtents(0, 100, new long[1]).isEmpty());
    }

    @Test
    void shouldKeepASessionAliveByKeepAlives() {
        long session = log.openSession();
        for (int i = 0; i < 5; i++) {
            log.advance(CommandLog.LEASE_NS / 2);
            log.tick();
            assertNull(log.error(log.apply(session, 0, 1, (e, to) -> e.keepAlive(to))));
        }
        log.advance(CommandLog.LEASE_NS);
        log.tick();
        assertEquals(NamespaceError.FENCED, log.error(log.apply(session, 0, 1, (e, to) -> e.keepAlive(to))));
    }

    @Test
    void shouldDropUnlinkedFilesOfAnExpiredSession() {
        long session = log.openSession();
        log.apply(session, 1, 1, (e, to) -> e.makeNode(to, 1, new byte[] {'f'}, 0100644, 0, 0, new byte[0]));
        Inode file = state.reads().lookup(1, new byte[] {'f'});
        log.apply(session, 2, 1, (e, to) -> e.unlink(to, 1, new byte[] {'f'}, true));
        assertNotNull(state.reads().getAttributes(file.id()));
        log.advance(CommandLog.LEASE_NS + 1);
        log.tick();
        assertNull(state.reads().getAttributes(file.id()));
        assertEquals(1, state.reads().inodeCount());
    }

    @Test
    void shouldNotGoBackInTime() {
        long session = log.openSession();
        put(session, 1, 1, "a", "v");
        long before = state.reads().get("a".getBytes(UTF_8)).inode().mtimeNs();
        log.advance(-1_000_000_000);
        put(session, 2, 1, "b", "v");
        assertEquals(before, state.reads().get("b".getBytes(UTF_8)).inode().mtimeNs());
    }

    // What is not understood.

    @Test
    void shouldRefuseUnknownVersionsAndTemplates() {
        long session = log.openSession();
        put(session, 1, 1, "k", "v");
        byte[] known = log.entries().getLast().command();
        byte[] newer = known.clone();
        newer[6] = 99;
        assertEquals(NamespaceError.UNSUPPORTED, log.error(log.apply(newer)));
        byte[] otherSchema = known.clone();
        otherSchema[4] = 99;
        assertEquals(NamespaceError.UNSUPPORTED, log.error(log.apply(otherSchema)));
        byte[] otherTemplate = known.clone();
        otherTemplate[2] = 99;
        otherTemplate[16] = 77;
        assertEquals(NamespaceError.UNSUPPORTED, log.error(log.apply(otherTemplate)));
        assertEquals(NamespaceError.INVALID, log.error(log.apply(new byte[5])));
        byte[] cut = java.util.Arrays.copyOf(known, known.length - 1);
        cut[16] = 78;
        assertEquals(NamespaceError.INVALID, log.error(log.apply(cut)));
        byte[] large = java.util.Arrays.copyOf(known, NamespaceLimits.COMMAND_LENGTH + 1);
        large[16] = 79;
        assertEquals(NamespaceError.TRANSACTION_TOO_LARGE, log.error(log.apply(large)));
    }

    // Answers before the commit.

    private void addPut(long session, long id, String key, String value) {
        CommandEncoder encoder = new CommandEncoder();
        UnsafeBuffer command = new UnsafeBuffer(new byte[1024]);
        int length = encoder.put(command, key.getBytes(UTF_8), value.getBytes(UTF_8), KeyValue.ANY_VERSION);
        CommandHead.stamp(command, 0, session, id, id);
        state.add(state.appliedPosition() + 64, 2_000_000_000_000L, 0, command, 0, length);
    }

    @Test
    @Timeout(60)
    void shouldMakeAReadWaitForTheCommitOfWhatWasAnswered() throws Exception {
        long session = log.openSession();
        put(session, 1, 1, "k", "old");
        addPut(session, 2, "k", "new");
        assertEquals("old", get("k"));
        assertEquals(1, state.apply((tag, buffer, offset, length) -> {}));
        assertFalse(state.isCommitted());
        assertFalse(state.isCommitWanted());
        FutureTask<String> read = new FutureTask<>(() -> get("k"));
        new Thread(read).start();
        while (!state.isCommitWanted()) {
            assertFalse(read.isDone());
            Thread.onSpinWait();
        }
        state.commit((tag, buffer, offset, length) -> {});
        assertEquals("new", read.get());
        assertTrue(state.isCommitted());
        assertFalse(state.isCommitWanted());
    }

    @Test
    @Timeout(60)
    void shouldEndTheReadThatWaitsWhenItIsClosed() throws Exception {
        long session = log.openSession();
        addPut(session, 1, "k", "value");
        state.apply((tag, buffer, offset, length) -> {});
        FutureTask<String> read = new FutureTask<>(() -> get("k"));
        new Thread(read).start();
        while (!state.isCommitWanted()) {
            Thread.onSpinWait();
        }
        state.close();
        ExecutionException failure = assertThrows(ExecutionException.class, read::get);
        assertEquals(NamespaceError.UNAVAILABLE, ((NamespaceException) failure.getCause()).error());
        state = new NamespaceState(directory.resolve("first"), MAP_LENGTH);
    }

    @Test
    void shouldTakeNoSnapshotOfWhatIsNotCommitted() {
        long session = log.openSession();
        addPut(session, 1, "k", "value");
        state.apply((tag, buffer, offset, length) -> {});
        assertThrows(IllegalStateException.class, state::digest);
        state.commit((tag, buffer, offset, length) -> {});
        assertNotNull(state.digest());
    }

    // Space.

    @Test
    void shouldRefuseWhatGrowsWhileSpaceIsLow() {
        long session = log.openSession();
        put(session, 1, 1, "k", "first");
        log.space(true);
        assertTrue(state.isSpaceLow());
        assertEquals(NamespaceError.NO_SPACE, log.error(put(session, 2, 1, "k", "second")));
        byte[] name = {'d'};
        assertEquals(
                NamespaceError.NO_SPACE,
                log.error(log.apply(session, 3, 1, (e, to) -> e.makeNode(to, 1, name, 0040755, 0, 0, new byte[0]))));
        // All or nothing.
        Txn both = Txn.when().then(new Txn.Delete("k"), new Txn.Put("other", name));
        assertEquals(
                NamespaceError.NO_SPACE,
                log.error(log.apply(session, 4, 1, (e, to) -> new TxnEncoder(e).encode(to, both))));
        assertEquals("first", get("k"));
        // A session can be opened, and what is there deleted.
        long other = log.openSession();
        assertNull(log.error(
                log.apply(other, 1, 1, (e, to) -> e.delete(to, "k".getBytes(UTF_8), KeyValue.ANY_VERSION))));
        assertNull(get("k"));
        try (NamespaceState second = new NamespaceState(directory.resolve("second"), MAP_LENGTH)) {
            SnapshotLoader loader = second.loadSnapshot();
            state.writeSnapshot(loader::onBlock);
            assertTrue(second.isSpaceLow());
        }
        log.space(false);
        assertNull(log.error(put(other, 2, 1, "k", "second")));
        // It was refused when it was first asked for, and no more than that.
        assertEquals(NamespaceError.NO_SPACE, log.error(put(session, 2, 1, "k", "second")));
    }

    // Determinism and snapshots.

    @Test
    void shouldBeDeterministic() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        new RandomCommands(log, random).run(3000);
        String digest = state.digest();
        try (NamespaceState second = new NamespaceState(directory.resolve("second"), MAP_LENGTH)) {
            log.replay(second, random);
            assertEquals(digest, second.digest(), "seed=" + seed);
            assertEquals(state.appliedPosition(), second.appliedPosition());
        }
        checkTree(seed);
    }

    @Test
    void shouldGoOnFromASnapshot() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomCommands commands = new RandomCommands(log, random);
        commands.run(1000);
        try (NamespaceState second = new NamespaceState(directory.resolve("second"), 1 << 20)) {
            SnapshotLoader loader = second.loadSnapshot();
            state.writeSnapshot(loader::onBlock);
            assertTrue(loader.isDone());
            assertEquals(state.digest(), second.digest(), "seed=" + seed);
            int before = log.entries().size();
            commands.run(1000);
            List<CommandLog.Entry> since =
                    log.entries().subList(before, log.entries().size());
            for (CommandLog.Entry entry : since) {
                entry.addTo(second, 7);
            }
            second.commit((tag, results, offset, length) -> {});
            assertEquals(state.digest(), second.digest(), "seed=" + seed);
        }
    }

    @Test
    void shouldGrowTheMapAndLoseNothing() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        new RandomCommands(log, random).run(200);
        long session = log.openSession();
        for (int i = 0; i < 300; i++) {
            byte[] value = new byte[20_000];
            random.nextBytes(value);
            byte[] key = ("large/" + i).getBytes(UTF_8);
            int id = i + 1;
            log.apply(session, id, id, (e, to) -> e.put(to, key, value, KeyValue.ANY_VERSION));
        }
        // A map so small that it is full again and again, with batches of many commands.
        try (NamespaceState small = new NamespaceState(directory.resolve("small"), 256 << 10)) {
            log.replay(small, random);
            assertTrue(small.growCount() > 0);
            assertEquals(state.digest(), small.digest(), "seed=" + seed);
        }
    }

    @Test
    void shouldReadWhileTheMapGrows() throws InterruptedException {
        try (NamespaceState small = new NamespaceState(directory.resolve("small"), 256 << 10)) {
            CommandLog growing = new CommandLog(small);
            long session = growing.openSession();
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread reader = new Thread(() -> {
                    while (!isDone.get()) {
                        try {
                            assertTrue(small.reads().getAttributes(1).isDirectory());
                            assertNotNull(small.reads().readDirectory(1, null, 100));
                        } catch (Throwable e) {
                            failure.set(e);
                        }
                    }
                });
                readers.add(reader);
                reader.start();
            }
            for (int i = 1; i <= 300; i++) {
                byte[] key = ("k" + i).getBytes(UTF_8);
                int id = i;
                growing.apply(session, id, id, (e, to) -> e.put(to, key, new byte[30_000], KeyValue.ANY_VERSION));
                assertNotNull(small.reads().get(key));
            }
            isDone.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            assertTrue(small.growCount() > 0);
            assertNull(failure.get(), () -> failure.get().toString());
        }
    }

    @Test
    void shouldServeManyReadersForLong() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> readers = new ArrayList<>();
        // More than the transactions that are kept, and far more reads than LMDB has places for readers.
        for (int i = 0; i < 80; i++) {
            Thread reader = new Thread(() -> {
                try {
                    for (int j = 0; j < 500; j++) {
                        assertTrue(state.reads().getAttributes(1).isDirectory());
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            readers.add(reader);
            reader.start();
        }
        for (Thread reader : readers) {
            reader.join();
        }
        assertNull(failure.get(), () -> failure.get().toString());
    }

    @Test
    void shouldRefuseABrokenSnapshot() {
        new RandomCommands(log, new Random(1)).run(100);
        List<byte[]> blocks = new ArrayList<>();
        state.writeSnapshot((buffer, offset, length) -> {
            byte[] block = new byte[length];
            buffer.getBytes(offset, block);
            blocks.add(block);
        });
        assertLoads(blocks, true);
        assertLoads(blocks.subList(0, blocks.size() - 1), false);
        assertLoads(blocks.subList(1, blocks.size()), false);
        List<byte[]> without = new ArrayList<>(blocks);
        without.remove(2);
        assertLoads(without, false);
        List<byte[]> damaged = new ArrayList<>(blocks);
        damaged.set(1, blocks.get(1).clone());
        damaged.get(1)[60] ^= 1;
        assertLoads(damaged, false);
        List<byte[]> newer = new ArrayList<>(blocks);
        newer.set(0, blocks.getFirst().clone());
        newer.getFirst()[8]++;
        assertLoads(newer, false);
    }

    private void assertLoads(List<byte[]> blocks, boolean expected) {
        try (NamespaceState second = new NamespaceState(directory.resolve("second"), MAP_LENGTH)) {
            SnapshotLoader loader = second.loadSnapshot();
            Runnable load = () -> blocks.forEach(b -> loader.onBlock(new UnsafeBuffer(b), 0, b.length));
            if (expected) {
                load.run();
                assertTrue(loader.isDone());
            } else {
                try {
                    load.run();
                } catch (IllegalStateException e) {
                    assertTrue(e.getMessage().contains("snapshot"), e.getMessage());
                }
                assertFalse(loader.isDone());
            }
        }
    }

    @Test
    void shouldRefuseReadsWhenClosed() {
        NamespaceState other = new NamespaceState(directory.resolve("other"), MAP_LENGTH);
        LocalReads reads = other.reads();
        other.close();
        assertThrows(org.apollofs.namespace.client.NamespaceException.class, () -> reads.getAttributes(1));
    }

    /** Every directory counts its entries and subdirectories right, and every inode is reached or kept open. */
    private void checkTree(long seed) {
        long[] reached = {0};
        java.util.Map<Long, Integer> names = new java.util.HashMap<>();
        walk(Inode.ROOT, reached, names, seed);
        names.forEach((inode, count) -> assertEquals(
                count, state.reads().getAttributes(inode).linkCount(), "seed=" + seed + ", inode=" + inode));
        long distinct = reached[0] + names.size();
        long unlinked = state.reads().inodeCount() - distinct;
        assertTrue(unlinked >= 0, "seed=" + seed + ", unlinked=" + unlinked);
    }

    private void walk(long directory, long[] reached, java.util.Map<Long, Integer> names, long seed) {
        reached[0]++;
        var entries =
                state.reads().readDirectory(directory, null, Integer.MAX_VALUE).entries();
        int subdirectories = 0;
        for (var entry : entries) {
            if (entry.inode().isDirectory()) {
                subdirectories++;
                walk(entry.inode().id(), reached, names, seed);
            } else {
                names.merge(entry.inode().id(), 1, Integer::sum);
            }
        }
        Inode inode = state.reads().getAttributes(directory);
        assertEquals(entries.size(), inode.size(), "seed=" + seed + ", directory=" + directory);
        assertEquals(2 + subdirectories, inode.linkCount(), "seed=" + seed + ", directory=" + directory);
    }
}
