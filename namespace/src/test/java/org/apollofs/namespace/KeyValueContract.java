package org.apollofs.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Transactions, scans and extended attributes on every {@link Namespace}, however it is hosted. */
@Timeout(60)
public abstract class KeyValueContract {
    private static final AtomicInteger DIRECTORIES = new AtomicInteger();

    private Namespace namespace;
    private KeyValue keys;
    private long home;
    private String prefix;

    /** A new session on the tree. */
    protected abstract Namespace connect();

    @BeforeEach
    void openSession() {
        namespace = connect();
        keys = namespace.keyValue();
        String name = "keys" + DIRECTORIES.incrementAndGet();
        home = namespace.makeDirectory(Inode.ROOT, bytes(name), 0755, 1, 2).id();
        prefix = name + "/";
    }

    @AfterEach
    void closeSession() {
        namespace.close();
    }

    // Transactions.

    @Test
    void shouldCarryOutThenOrElse() {
        long version = put("a", "1");
        Txn txn = Txn.when(new Txn.VersionIs(key("a"), version), new Txn.Absent(key("b")))
                .then(new Txn.Put(key("a"), bytes("2")), new Txn.Put(key("b"), bytes("3")), new Txn.Get(key("a")))
                .orElse(new Txn.Get(key("a")), new Txn.Get(key("none")));
        TxnResult done = keys.txn(txn);
        assertTrue(done.succeeded());
        assertEquals(3, done.outcomes().size());
        assertEquals("2", text(done.outcomes().get(2).value()));
        assertEquals(
                done.outcomes().get(0).version(), done.outcomes().get(2).value().version());
        assertEquals("3", value("b"));
        assertTrue(done.transaction() >= done.outcomes().get(1).version());

        TxnResult failed = keys.txn(txn);
        assertFalse(failed.succeeded());
        assertEquals(0, failed.transaction());
        assertEquals("2", text(failed.outcomes().getFirst().value()));
        assertFalse(failed.outcomes().get(1).found());
        assertNull(failed.outcomes().get(1).value());
    }

    @Test
    void shouldCompare() {
        long version = put("file", "value");
        namespace.makeDirectory(home, bytes("dir"), 0755, 0, 0);
        namespace.symlink(home, bytes("link"), bytes("file"), 0, 0);
        assertHolds(true, new Txn.VersionIs(key("file"), version));
        assertHolds(false, new Txn.VersionIs(key("file"), version + 1));
        assertHolds(false, new Txn.VersionIs(key("file"), KeyValue.ABSENT));
        assertHolds(true, new Txn.VersionIs(key("none"), KeyValue.ABSENT));
        assertHolds(true, new Txn.VersionIs(key("none/below"), KeyValue.ABSENT));
        assertHolds(true, new Txn.VersionIs(key("file/below"), KeyValue.ABSENT));
        assertHolds(true, new Txn.ValueIs(key("file"), bytes("value")));
        assertHolds(false, new Txn.ValueIs(key("file"), bytes("other")));
        assertHolds(false, new Txn.ValueIs(key("none"), new byte[0]));
        assertHolds(false, new Txn.ValueIs(key("dir"), new byte[0]));
        assertHolds(true, new Txn.Exists(key("file")));
        assertHolds(true, new Txn.Exists(key("dir")));
        assertHolds(true, new Txn.Exists(key("link")));
        assertHolds(false, new Txn.Exists(key("none")));
        assertHolds(true, new Txn.Absent(key("file/below")));
        assertHolds(false, new Txn.Absent(key("dir")));
        assertHolds(true, new Txn.Exists(key("file")), new Txn.Absent(key("none")));
        assertHolds(false, new Txn.Exists(key("file")), new Txn.Absent(key("dir")));
        assertError(NamespaceError.INVALID, () -> keys.txn(Txn.when(new Txn.Exists("a//b"))));
    }

    private void assertHolds(boolean expected, Txn.Compare... compares) {
        assertEquals(expected, keys.txn(Txn.when(compares)).succeeded(), () -> Arrays.toString(compares));
    }

    @Test
    void shouldUndoATransactionThatIsRefused() {
        put("a", "1");
        put("gone", "x");
        namespace.makeDirectory(home, bytes("dir"), 0755, 0, 0);
        long last = namespace.changeLog().range().last();
        long inodes = namespace.inodeCount();
        Txn txn = Txn.when()
                .then(
                        new Txn.Put(key("a"), bytes("2")),
                        new Txn.Put(key("new/deep/b"), bytes("3")),
                        new Txn.Delete(key("gone")),
                        new Txn.Rename(key("a"), key("c")),
                        new Txn.Put(key("dir"), bytes("4")));
        NamespaceException refused = assertThrows(NamespaceException.class, () -> keys.txn(txn));
        assertEquals(NamespaceError.IS_DIRECTORY, refused.error());
        assertTrue(refused.getMessage().contains("operation 4"), refused.getMessage());
        assertEquals("1", value("a"));
        assertEquals("x", value("gone"));
        assertTrue(keys.get(key("c")).isEmpty());
        assertTrue(keys.get(key("new/deep/b")).isEmpty());
        assertNull(namespace.lookup(home, bytes("new")));
        assertEquals(inodes, namespace.inodeCount());
        assertEquals(last, namespace.changeLog().range().last());
        // Numbers go on as if nothing had been.
        assertEquals(last + 1, put("a", "5"));
        // A version inside a transaction that is not as expected refuses it too.
        Txn stale = Txn.when()
                .then(
                        new Txn.Put(key("b"), bytes("1")),
                        new Txn.Put(key("a"), bytes("1"), last, 0),
                        new Txn.Get(key("a")));
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.txn(stale));
        assertTrue(keys.get(key("b")).isEmpty());
        // Of one operation as of several.
        Txn single = Txn.when().then(new Txn.Put(key("dir"), bytes("4")));
        assertError(NamespaceError.IS_DIRECTORY, () -> keys.txn(single));
        Change next = changesFrom(put("d/e", "6") - 1).getFirst();
        assertEquals(ChangeOperation.MAKE_DIRECTORY, next.operation(), next.toString());
    }

    @Test
    void shouldPublishACheckpointInOneTransaction() {
        long step =
                namespace.makeDirectory(home, bytes("step-2.tmp"), 0755, 0, 0).id();
        long rank = namespace.create(step, bytes("rank0"), 0644, 0, 0).id();
        put("step-1/rank0", "old");
        put("step-1/deep/rank1", "old");
        put("latest", "step-1");
        ContentCommit commit = new ContentCommit(
                rank, true, ContentCommit.ANY_VERSION, bytes("weights"), List.of(), 7, ContentCommit.NOW);
        TxnResult done = keys.txn(Txn.when(new Txn.ValueIs(key("latest"), bytes("step-1")))
                .then(
                        new Txn.Commit(commit),
                        new Txn.Rename(key("step-2.tmp"), key("step-2")),
                        new Txn.Put(key("latest"), bytes("step-2")),
                        new Txn.RemoveTree(key("step-1")),
                        new Txn.RemoveTree(key("step-0")),
                        new Txn.Delete(key("step-0.done"))));
        assertTrue(done.succeeded());
        assertEquals(7, done.outcomes().getFirst().inode().size());
        assertTrue(done.outcomes().get(3).found());
        assertFalse(done.outcomes().get(4).found());
        assertFalse(done.outcomes().get(5).found());
        assertEquals("weights", value("step-2/rank0"));
        assertEquals("step-2", value("latest"));
        assertNull(namespace.lookup(home, bytes("step-1")));
        List<Change> changes = changesFrom(done.outcomes().getFirst().version());
        assertEquals(
                List.of(
                        ChangeOperation.COMMIT,
                        ChangeOperation.RENAME,
                        ChangeOperation.PUT,
                        ChangeOperation.UNLINK,
                        ChangeOperation.REMOVE_DIRECTORY,
                        ChangeOperation.UNLINK,
                        ChangeOperation.REMOVE_DIRECTORY),
                changes.stream().map(Change::operation).toList());
        for (Change change : changes) {
            assertEquals(done.transaction(), change.transaction(), change.toString());
            assertEquals(change.sequence() == changes.getLast().sequence(), change.isLastOfTransaction());
        }
    }

    @Test
    void shouldLimitTransactions() {
        byte[] value = new byte[NamespaceLimits.INLINE_LENGTH];
        List<Txn.Operation> puts = new ArrayList<>();
        List<Txn.Operation> gets = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            puts.add(new Txn.Put(key("large" + i), value));
            gets.add(new Txn.Get(key("large" + i)));
        }
        assertTrue(keys.txn(new Txn(List.of(), puts, List.of())).succeeded());
        assertEquals(
                15, keys.txn(new Txn(List.of(), gets, List.of())).outcomes().size());
        puts.add(new Txn.Put(key("large15"), value));
        Txn tooLarge = new Txn(List.of(), puts, List.of());
        assertError(NamespaceError.TRANSACTION_TOO_LARGE, () -> keys.txn(tooLarge));
        gets.add(new Txn.Get(key("large0")));
        gets.add(new Txn.Put(key("small"), bytes("x")));
        Txn readsTooMuch = new Txn(List.of(), gets, List.of());
        assertError(NamespaceError.TRANSACTION_TOO_LARGE, () -> keys.txn(readsTooMuch));
        assertTrue(keys.get(key("small")).isEmpty());
        byte[] beyond = new byte[NamespaceLimits.INLINE_LENGTH + 1];
        assertError(NamespaceError.VALUE_TOO_LARGE, () -> keys.txn(Txn.when().then(new Txn.Put(key("a"), beyond))));
    }

    @Test
    void shouldCarryOutManyOperations() {
        List<Txn.Operation> puts = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            puts.add(new Txn.Put(key("k" + i), bytes("v" + i)));
        }
        TxnResult done = keys.txn(new Txn(List.of(), puts, List.of()));
        assertEquals("v4999", value("k4999"));
        assertEquals(done.transaction(), done.outcomes().getLast().version());
        assertEquals(
                5000,
                changesFrom(done.outcomes().getFirst().version()).stream()
                        .filter(change -> change.transaction() == done.transaction())
                        .count());
    }

    // Scans.

    @Test
    void shouldScanInOrderOfBytes() {
        List<String> names = List.of("a/x", "a/y/z", "a-b", "a.txt", "a0", "b", "a-/q", "a-/q-", "ab", "a!", "c/d/e");
        names.forEach(name -> put(name, name));
        namespace.makeDirectory(home, bytes("a-empty"), 0755, 0, 0);
        namespace.symlink(home, bytes("a-link"), bytes("b"), 0, 0);
        namespace.create(home, new byte[] {'a', (byte) 0xFF}, 0644, 0, 0);
        List<String> sorted = names.stream().map(this::key).sorted().toList();
        assertEquals(sorted, scan("", 100));
        assertEquals(sorted, scan("", 1));
        assertEquals(sorted, scan("", 3));
        assertEquals(List.of(key("a/x"), key("a/y/z")), scan("a/", 1));
        assertEquals(List.of(key("a-/q"), key("a-/q-"), key("a-b")), scan("a-", 2));
        assertEquals(List.of(key("a/y/z")), scan("a/y", 2));
        assertEquals(List.of(key("b")), scan("b", 2));
        assertEquals(List.of(), scan("d", 2));
        assertEquals(List.of(), scan("b/", 2));
        KeyPage page = keys.scan("/" + key("a/"), null, 10, false);
        assertNull(page.next());
        assertEquals("a/x", new String(page.entries().getFirst().value(), UTF_8));
        assertEquals(
                keys.get(key("a/x")).orElseThrow().version(),
                page.entries().getFirst().version());
        assertNull(keys.scan(key("a/"), null, 10, true).entries().getFirst().value());
        // From a key that is not there, and from outside of the prefix.
        assertEquals(
                key("a-b"),
                keys.scan(prefix, key("a-/z"), 1, true).entries().getFirst().key());
        assertEquals(
                key("a!"), keys.scan(prefix, "A", 1, true).entries().getFirst().key());
        assertTrue(keys.scan(prefix, "zzz", 1, true).entries().isEmpty());
    }

    @Test
    void shouldScanAsASortedMapWould() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        String alphabet = "a-.0~/";
        for (int i = 0; i < 300; i++) {
            StringBuilder name = new StringBuilder("r");
            for (int j = random.nextInt(8); j >= 0; j--) {
                name.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String candidate = name.toString();
            try {
                put(candidate, candidate);
                model.put(key(candidate), candidate);
            } catch (NamespaceException e) {
                // No key: an empty name, a dot, a file in the way or a directory.
                assertNotNull(e.error());
            }
        }
        assertEquals(List.copyOf(model.keySet()), scan("", 7), "seed=" + seed);
        for (int i = 0; i < 100; i++) {
            StringBuilder part = new StringBuilder(random.nextBoolean() ? "r" : "");
            for (int j = random.nextInt(4); j > 0; j--) {
                part.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String wanted = part.toString();
            List<String> expected = model.keySet().stream()
                    .filter(name -> name.startsWith(key(wanted)))
                    .toList();
            assertEquals(expected, scan(wanted, 1 + random.nextInt(20)), "seed=" + seed + ", prefix=" + wanted);
            String after = key(wanted);
            String next = model.higherKey(after);
            List<KeyPage.Entry> found = keys.scan(prefix, after, 1, true).entries();
            assertEquals(next, found.isEmpty() ? null : found.getFirst().key(), "seed=" + seed + ", after=" + after);
        }
    }

    @Test
    void shouldBoundPagesInBytes() {
        byte[] large = new byte[NamespaceLimits.INLINE_LENGTH];
        for (int i = 10; i < 40; i++) {
            keys.put(key("v" + i), large, KeyValue.ANY_VERSION);
        }
        KeyPage page = keys.scan(prefix, null, 1000, false);
        assertTrue(page.entries().size() < 30);
        assertNotNull(page.next());
        assertEquals(30, scan("", 1000).size());
        assertEquals(30, keys.scan(prefix, null, 1000, true).entries().size());
    }

    private List<String> scan(String below, int limit) {
        List<String> found = new ArrayList<>();
        KeyPage page = keys.scan(key(below), null, limit, true);
        page.entries().forEach(entry -> found.add(entry.key()));
        while (page.next() != null) {
            page = keys.scan(key(below), page.next(), limit, true);
            assertTrue(page.entries().size() <= limit);
            page.entries().forEach(entry -> found.add(entry.key()));
        }
        return found;
    }

    // Extended attributes.

    @Test
    void shouldHoldExtendedAttributes() {
        Inode file = namespace.create(home, bytes("f"), 0644, 0, 0);
        assertNull(namespace.getXattr(file.id(), bytes("user.a")));
        assertTrue(namespace.listXattrs(file.id()).isEmpty());
        namespace.setXattr(file.id(), bytes("user.b"), bytes("2"), Namespace.XATTR_CREATE);
        namespace.setXattr(file.id(), bytes("user.a"), new byte[0], Namespace.XATTR_ANY);
        assertArrayEquals(bytes("2"), namespace.getXattr(file.id(), bytes("user.b")));
        assertArrayEquals(new byte[0], namespace.getXattr(file.id(), bytes("user.a")));
        assertEquals(
                List.of("user.a", "user.b"),
                namespace.listXattrs(file.id()).stream()
                        .map(name -> new String(name, UTF_8))
                        .toList());
        assertError(
                NamespaceError.EXISTS,
                () -> namespace.setXattr(file.id(), bytes("user.a"), bytes("x"), Namespace.XATTR_CREATE));
        assertError(
                NamespaceError.NOT_FOUND,
                () -> namespace.setXattr(file.id(), bytes("user.c"), bytes("x"), Namespace.XATTR_REPLACE));
        namespace.setXattr(file.id(), bytes("user.a"), bytes("3"), Namespace.XATTR_REPLACE);
        assertArrayEquals(bytes("3"), namespace.getXattr(file.id(), bytes("user.a")));
        Inode after = namespace.getAttributes(file.id());
        assertTrue(after.version() > file.version());
        assertEquals(file.contentVersion(), after.contentVersion());
        assertTrue(namespace.removeXattr(file.id(), bytes("user.a")));
        assertFalse(namespace.removeXattr(file.id(), bytes("user.a")));
        assertTrue(namespace.removeXattr(file.id(), bytes("user.b")));
        assertTrue(namespace.listXattrs(file.id()).isEmpty());
        assertError(NamespaceError.NOT_FOUND, () -> assertNull(namespace.getXattr(1L << 40, bytes("user.a"))));
        assertError(NamespaceError.NOT_FOUND, () -> namespace.removeXattr(1L << 40, bytes("user.a")));
    }

    @Test
    void shouldDropExtendedAttributesWithTheInode() {
        long file = namespace.create(home, bytes("f"), 0644, 0, 0).id();
        long other = namespace.makeDirectory(home, bytes("d"), 0755, 0, 0).id();
        namespace.setXattr(file, bytes("user.a"), bytes("1"), 0);
        namespace.setXattr(file, bytes("user.b"), bytes("1"), 0);
        namespace.setXattr(other, bytes("user.a"), bytes("2"), 0);
        namespace.unlink(home, bytes("f"), false);
        assertError(NamespaceError.NOT_FOUND, () -> assertNull(namespace.getXattr(file, bytes("user.a"))));
        assertArrayEquals(bytes("2"), namespace.getXattr(other, bytes("user.a")));
    }

    @Test
    void shouldLimitExtendedAttributes() {
        long file = namespace.create(home, bytes("f"), 0644, 0, 0).id();
        byte[] longest = bytes("user." + "n".repeat(NamespaceLimits.ATTRIBUTE_NAME_LENGTH - 5));
        byte[] largest = new byte[NamespaceLimits.ATTRIBUTE_LENGTH];
        namespace.setXattr(file, longest, largest, 0);
        assertArrayEquals(largest, namespace.getXattr(file, longest));
        byte[] tooLong = bytes("user." + "n".repeat(NamespaceLimits.ATTRIBUTE_NAME_LENGTH - 4));
        assertError(NamespaceError.NAME_TOO_LONG, () -> namespace.setXattr(file, tooLong, new byte[0], 0));
        byte[] tooLarge = new byte[NamespaceLimits.ATTRIBUTE_LENGTH + 1];
        assertError(NamespaceError.VALUE_TOO_LARGE, () -> namespace.setXattr(file, bytes("user.a"), tooLarge, 0));
        assertError(NamespaceError.INVALID, () -> namespace.setXattr(file, new byte[0], new byte[0], 0));
        assertError(NamespaceError.INVALID, () -> namespace.setXattr(file, bytes("user.a"), new byte[0], 9));
        int fit = NamespaceLimits.ATTRIBUTE_LIST_LENGTH / 256;
        for (int i = 1; i < fit; i++) {
            namespace.setXattr(file, bytes(String.format("%0255d", i)), new byte[0], 0);
        }
        assertEquals(fit, namespace.listXattrs(file).size());
        assertError(NamespaceError.NO_SPACE, () -> namespace.setXattr(file, bytes("u"), new byte[0], 0));
        namespace.setXattr(file, longest, new byte[0], 0);
    }

    // What tests say often.

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private String key(String name) {
        return prefix + name;
    }

    private long put(String name, String value) {
        return keys.put(key(name), bytes(value), KeyValue.ANY_VERSION);
    }

    private String value(String name) {
        return text(keys.get(key(name)).orElseThrow());
    }

    private static String text(KeyValue.Value value) {
        return new String(value.value(), UTF_8);
    }

    private List<Change> changesFrom(long from) {
        return namespace.changeLog().read(from, prefix, 100_000).changes();
    }

    private static void assertError(NamespaceError expected, Executable executable) {
        NamespaceException thrown = assertThrows(NamespaceException.class, executable);
        assertEquals(expected, thrown.error(), thrown.getMessage());
    }
}
