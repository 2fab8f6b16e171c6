package org.apollofs.namespace.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.ChangePage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.command.TxnEncoder;
import org.apollofs.namespace.command.sbe.ChangesQueryEncoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Retention of the change log, leases in the log's time, and limits that take many commands to reach. */
class ChangeLogStateTest {
    private static final long HOUR_NS = 3_600_000_000_000L;
    private static final byte[] ALL = {};

    @TempDir
    Path directory;

    private NamespaceState state;
    private CommandLog log;
    private long session;
    private long id;

    @BeforeEach
    void openState() {
        state = new NamespaceState(directory.resolve("state"), 64 << 20);
        log = new CommandLog(state);
        session = log.openSession();
    }

    @AfterEach
    void closeState() {
        state.close();
    }

    private long put(String key) {
        id++;
        return log.results()
                .done(log.apply(session, id, id, (e, to) -> e.put(to, bytes(key), bytes("v"), KeyValue.ANY_VERSION)));
    }

    private static ChangePage changes(NamespaceState of, long from, int limit) {
        return CommandLog.changes(of, from, limit);
    }

    private void pass(long ns) {
        log.advance(ns);
        log.tick();
        // The session would be over too: another one goes on.
        session = log.openSession();
        id = 0;
    }

    @Test
    void shouldTakeOnlyAWholeQuestionThatSaysSoForOneThatMayBeStale() {
        QueryAnswers answers = state.reads().newAnswers();
        UnsafeBuffer question = new UnsafeBuffer(new byte[128]);
        MessageHeaderEncoder header = new MessageHeaderEncoder();
        ChangesQueryEncoder query = new ChangesQueryEncoder();
        query.wrapAndApplyHeader(question, 0, header).mayBeStale(Flag.YES).putPrefix(ALL, 0, 0);
        int length = query.limit();
        assertTrue(answers.mayBeStale(question, 0, length));
        assertFalse(answers.mayBeStale(question, 0, length - Integer.BYTES - 1));
        // As a build without the field sends it: another byte stands in its place.
        header.blockLength(ChangesQueryEncoder.BLOCK_LENGTH - 1);
        assertFalse(answers.mayBeStale(question, 0, length));
        header.blockLength(ChangesQueryEncoder.BLOCK_LENGTH);
        query.mayBeStale(Flag.NO);
        assertFalse(answers.mayBeStale(question, 0, length));
        question.putByte(
                MessageHeaderEncoder.ENCODED_LENGTH + ChangesQueryEncoder.mayBeStaleEncodingOffset(), (byte) 77);
        assertFalse(answers.mayBeStale(question, 0, length));
    }

    @Test
    void shouldExpireByAge() {
        long first = put("old");
        pass(7 * 24 * HOUR_NS - HOUR_NS);
        put("young");
        pass(2 * HOUR_NS);
        NamespaceException expired = assertThrows(NamespaceException.class, () -> changes(state, first, 10));
        assertEquals(NamespaceError.EXPIRED, expired.error());
        assertTrue(expired.getMessage().contains("first=" + (first + 1)), expired.getMessage());
        assertEquals(first + 1, state.reads().changeRange().first());
        assertEquals("young", changes(state, first + 1, 10).changes().getFirst().path());
        pass(7 * 24 * HOUR_NS);
        // All are gone: the next one is still known.
        assertEquals(first + 2, state.reads().changeRange().first());
        assertEquals(first + 1, state.reads().changeRange().last());
        assertTrue(changes(state, first + 2, 10).changes().isEmpty());
        assertEquals(first + 2, put("next"));
    }

    @Test
    void shouldRetainWhatItIsToldTo() {
        log.results().done(log.apply(session, ++id, id, (e, to) -> e.setRetention(to, 10_000, HOUR_NS)));
        for (int i = 0; i < 1000; i++) {
            put("key" + i);
        }
        long first = state.reads().changeRange().first();
        long last = state.reads().changeRange().last();
        assertEquals(1000, last);
        assertTrue(first > 800 && first < last, "first=" + first);
        List<Change> left = changes(state, first, 1000).changes();
        assertEquals(last - first + 1, left.size());
        pass(2 * HOUR_NS);
        assertEquals(last + 1, state.reads().changeRange().first());
        assertEquals(
                NamespaceError.INVALID, log.error(log.apply(session, ++id, id, (e, to) -> e.setRetention(to, -1, 0))));
    }

    @Test
    void shouldGiveEveryEntryFromEveryPlace() {
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            // Blocks of a few entries and of many, and entries longer than a block.
            put("k" + "x".repeat(random.nextInt(200)) + ("/" + "d".repeat(250)).repeat(i % 50 == 0 ? 12 : 0) + "/" + i);
        }
        ChangeLog.Range range = state.reads().changeRange();
        List<Change> all = changes(state, 1, Integer.MAX_VALUE).changes();
        assertEquals(range.last(), all.size());
        for (int i = 0; i < all.size(); i++) {
            long from = i + 1L;
            int limit = 1 + random.nextInt(100);
            ChangePage page = changes(state, from, limit);
            int until = Math.min(all.size(), i + limit);
            assertEquals(all.subList(i, until), page.changes(), "from=" + from);
            assertEquals(until + 1L, page.next());
        }
        assertTrue(changes(state, range.last() + 1, 10).changes().isEmpty());
    }

    @Test
    void shouldMarkATransactionAcrossBlocks() {
        put("before");
        Txn.Operation[] puts = new Txn.Operation[200];
        for (int i = 0; i < puts.length; i++) {
            puts[i] = new Txn.Put("tx" + i, bytes("v"));
        }
        long first = state.reads().changeRange().last() + 1;
        id++;
        assertNull(log.error(log.apply(
                session,
                id,
                id,
                (e, to) -> new TxnEncoder(e).encode(to, Txn.when().then(puts)))));
        put("after");
        long last = state.reads().changeRange().last() - 1;
        for (Change change : changes(state, 1, Integer.MAX_VALUE).changes()) {
            boolean isOfIt = change.sequence() >= first && change.sequence() <= last;
            assertEquals(isOfIt ? last : change.sequence(), change.transaction(), change.toString());
        }
    }

    @Test
    void shouldLeaveNothingOfATransactionThatIsRefused() {
        put("dir/before");
        long last = state.reads().changeRange().last();
        Txn.Operation[] operations = new Txn.Operation[101];
        for (int i = 0; i < 100; i++) {
            operations[i] = new Txn.Put("dir/new" + i % 3 + "/" + i, bytes("v"));
        }
        // A directory has no value.
        operations[100] = new Txn.Put("dir", bytes("v"));
        id++;
        assertEquals(
                NamespaceError.IS_DIRECTORY,
                log.error(log.apply(
                        session,
                        id,
                        id,
                        (e, to) -> new TxnEncoder(e).encode(to, Txn.when().then(operations)))));
        assertEquals(last, state.reads().changeRange().last());
        put("dir/new0/after");
        List<Change> changes = changes(state, last + 1, 10).changes();
        assertEquals("dir/new0", changes.getFirst().path());
        assertEquals("dir/new0/after", changes.getLast().path());
        assertNull(state.reads().get(bytes("dir/new1/1")));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void shouldReadASnapshotWithChangesOfAnEarlierLayout(int version) {
        id++;
        log.apply(session, id, id, (e, to) -> e.setRetention(to, 4000, 0));
        for (int i = 0; i < 200; i++) {
            put("dir/" + i);
        }
        ChangePage expected = changes(state, state.reads().changeRange().first(), 1000);
        assertTrue(expected.changes().getFirst().sequence() > 1);
        try (NamespaceState older = new NamespaceState(directory.resolve("older"), 64 << 20)) {
            SnapshotLoader loader = older.loadSnapshot();
            state.writeSnapshot(new OlderSnapshot(loader, version));
            assertTrue(loader.isDone());
            long first = older.reads().changeRange().first();
            assertEquals(expected, changes(older, first, 1000));
            // In the middle of a block.
            long some = expected.changes().get(30).sequence();
            assertEquals(
                    expected.changes().get(30),
                    changes(older, some, 1000).changes().getFirst());
            if (version == 3) {
                // The same blocks, and the same count of what is retained.
                assertEquals(state.digest(), older.digest());
            }
        }
    }

    @Test
    void shouldDeleteLeasedKeysInTheTimeOfTheLog() {
        long lease = lease(CommandLog.LEASE_NS / 2);
        long longer = lease(CommandLog.LEASE_NS * 3);
        for (int i = 0; i < 3; i++) {
            putLeased("short" + i, lease);
            putLeased("long" + i, longer);
        }
        assertEquals(NamespaceError.NOT_FOUND, log.error(attach("none", 99)));
        log.advance(CommandLog.LEASE_NS / 2 + 1);
        // Its time is over, though no tick has come yet.
        assertEquals(NamespaceError.NOT_FOUND, log.error(attach("late", lease)));
        assertNotNull(state.reads().get(bytes("short0")));
        long from = state.reads().changeRange().last() + 1;
        log.tick();
        assertNull(state.reads().get(bytes("short0")));
        assertNotNull(state.reads().get(bytes("long0")));
        ChangePage page = changes(state, from, 100);
        assertEquals(3, page.changes().size());
        for (Change change : page.changes()) {
            assertEquals(ChangeOperation.DELETE, change.operation());
            assertEquals(0, change.session());
            assertEquals(page.last(), change.transaction());
        }
        // The session's own lease is what ends next.
        assertTrue(state.nextExpiryNs() < Long.MAX_VALUE);
    }

    @Test
    void shouldDeleteManyLeasedKeysBitByBit() {
        long lease = lease(CommandLog.LEASE_NS / 2);
        for (int i = 0; i < 12_000; i++) {
            putLeased("many/" + i, lease);
        }
        log.advance(CommandLog.LEASE_NS / 2 + 1);
        log.tick();
        long left = state.reads().inodeCount();
        assertTrue(left > 2 && left < 12_000, "left=" + left);
        log.tick();
        assertEquals(2, state.reads().inodeCount());
    }

    @Test
    void shouldKeepALeaseThroughRenamesAndForgetItWithTheFile() {
        long lease = lease(CommandLog.LEASE_NS / 2);
        putLeased("a", lease);
        putLeased("b", lease);
        putLeased("c", lease);
        log.apply(session, ++id, id, (e, to) -> e.renamePath(to, bytes("a"), bytes("moved"), 0));
        log.apply(session, ++id, id, (e, to) -> e.delete(to, bytes("b"), KeyValue.ANY_VERSION));
        put("b");
        log.apply(
                session,
                ++id,
                id,
                (e, to) -> e.makeLink(to, state.reads().get(bytes("c")).inode().id(), 1, bytes("d")));
        log.advance(CommandLog.LEASE_NS / 2 + 1);
        log.tick();
        assertNull(state.reads().get(bytes("moved")));
        assertNotNull(state.reads().get(bytes("b")));
        // All names of the file go.
        assertNull(state.reads().get(bytes("c")));
        assertNull(state.reads().get(bytes("d")));
        assertEquals(2, state.reads().inodeCount());
    }

    @Test
    void shouldLimitConsumersAndTreesRemovedAtOnce() {
        for (int i = 0; i < NamespaceLimits.CONSUMER_COUNT; i++) {
            byte[] name = bytes("consumer" + i);
            assertEquals(
                    1, log.results().done(log.apply(session, ++id, id, (e, to) -> e.moveConsumer(to, name, 0, 1))));
        }
        assertEquals(
                NamespaceError.TOO_MANY_CONSUMERS,
                log.error(log.apply(session, ++id, id, (e, to) -> e.moveConsumer(to, bytes("one more"), 0, 1))));
        assertEquals(
                1,
                log.results()
                        .done(log.apply(session, ++id, id, (e, to) -> e.moveConsumer(to, bytes("consumer7"), 1, 0))));
        assertEquals(
                1,
                log.results()
                        .done(log.apply(session, ++id, id, (e, to) -> e.moveConsumer(to, bytes("one more"), 0, 1))));
        assertEquals(NamespaceLimits.CONSUMER_COUNT, state.reads().consumers().size());
        for (int i = 0; i <= NamespaceLimits.REMOVED_COUNT; i++) {
            put("tree/" + i % 100 + "/" + i);
        }
        assertEquals(NamespaceError.TRANSACTION_TOO_LARGE, log.error(remove("tree")));
        assertEquals(1, log.results().done(remove("tree/1")));
        assertEquals(1, log.results().done(remove("tree/2")));
        assertEquals(1, log.results().done(remove("tree")));
        assertEquals(0, log.results().done(remove("tree")));
        assertEquals(1, state.reads().inodeCount());
    }

    @Test
    void shouldScanATreeWithoutKeysInBoundedPages() {
        for (int i = 0; i < 40_000; i++) {
            byte[] name = bytes(String.format("d%05d", i));
            id++;
            log.apply(session, id, id, (e, to) -> e.makeNode(to, 1, name, 0040755, 0, 0, new byte[0]));
        }
        put("z");
        var page = state.reads().scan(ALL, null, 10, false);
        assertTrue(page.entries().isEmpty());
        assertNotNull(page.next());
        page = state.reads().scan(ALL, bytes(page.next()), 10, false);
        assertEquals("z", page.entries().getFirst().key());
        assertNull(page.next());
    }

    private UnsafeBuffer remove(String path) {
        id++;
        return log.apply(session, id, id, (e, to) -> e.removeTree(to, bytes(path)));
    }

    private long lease(long ttlNs) {
        id++;
        return log.results().done(log.apply(session, id, id, (e, to) -> e.grantLease(to, ttlNs)));
    }

    private UnsafeBuffer attach(String key, long lease) {
        id++;
        return log.apply(
                session, id, id, (e, to) -> e.putLeased(to, bytes(key), bytes("v"), KeyValue.ANY_VERSION, lease));
    }

    private void putLeased(String key, long lease) {
        assertNull(log.error(attach(key, lease)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
