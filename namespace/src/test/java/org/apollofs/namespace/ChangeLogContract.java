package org.apollofs.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeFollower;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.ChangePage;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyEvent;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.KeyWatch;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The change log, its consumers, watches and leases on every {@link Namespace}, however it is hosted. */
@Timeout(60)
public abstract class ChangeLogContract {
    private static final AtomicInteger DIRECTORIES = new AtomicInteger();
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(30);

    private Namespace namespace;
    private KeyValue keys;
    private ChangeLog log;
    private long home;
    private String prefix;
    private long start;

    /** A new session on the tree. */
    protected abstract Namespace connect();

    /** Lets leases end whose time is over, where nothing does so by itself. */
    protected void tick() {
        // A cluster has timers.
    }

    @BeforeEach
    void openSession() {
        namespace = connect();
        keys = namespace.keyValue();
        log = namespace.changeLog();
        String name = "log" + DIRECTORIES.incrementAndGet();
        home = namespace.makeDirectory(Inode.ROOT, bytes(name), 0755, 1, 2).id();
        prefix = name + "/";
        start = log.range().last() + 1;
    }

    @AfterEach
    void closeSession() {
        namespace.close();
    }

    @Test
    void shouldTellEveryChange() {
        long before = namespace.getAttributes(home).ctimeNs();
        Inode file = namespace.create(home, bytes("a"), 0644, 0, 0);
        long put = keys.put(prefix + "a", bytes("12345"), KeyValue.ANY_VERSION);
        namespace.setAttributes(file.id(), AttributeChange.size(2));
        namespace.rename(home, bytes("a"), home, bytes("b"), 0, false);
        namespace.link(file.id(), home, bytes("c"));
        namespace.setXattr(file.id(), bytes("user.x"), bytes("1"), 0);
        namespace.unlink(home, bytes("c"), false);
        keys.delete(prefix + "b", KeyValue.ANY_VERSION);
        List<Change> changes = read(start, prefix);
        assertEquals(
                List.of(
                        ChangeOperation.CREATE,
                        ChangeOperation.PUT,
                        ChangeOperation.SET_ATTRIBUTES,
                        ChangeOperation.RENAME,
                        ChangeOperation.LINK,
                        ChangeOperation.SET_XATTR,
                        ChangeOperation.UNLINK,
                        ChangeOperation.DELETE),
                changes.stream().map(Change::operation).toList());
        long sequence = start;
        for (Change change : changes) {
            assertTrue(change.sequence() >= sequence, change.toString());
            assertEquals(file.id(), change.inode());
            assertEquals(home, change.parent());
            assertEquals(namespace.session(), change.session());
            assertTrue(change.timeNs() >= before);
            assertTrue(change.isLastOfTransaction());
            sequence = change.sequence() + 1;
        }
        assertEquals(file.version(), changes.getFirst().sequence());
        assertEquals(put, changes.get(1).sequence());
        assertEquals(5, changes.get(1).size());
        assertEquals(prefix + "a", changes.get(1).path());
        assertEquals(prefix + "b", changes.get(3).path());
        assertEquals(prefix + "a", changes.get(3).otherPath());
    }

    @Test
    void shouldReadInPagesWithoutGaps() {
        for (int i = 0; i < 25; i++) {
            keys.put(prefix + "k" + i, bytes("v"), KeyValue.ANY_VERSION);
        }
        long next = start;
        List<Change> all = new ArrayList<>();
        ChangePage page;
        do {
            page = log.read(next, "", 10);
            assertTrue(page.changes().size() <= 10);
            for (Change change : page.changes()) {
                assertEquals(next, change.sequence());
                next++;
                all.add(change);
            }
            assertEquals(next, page.next());
        } while (page.next() <= page.last());
        assertTrue(all.size() >= 25);
        assertEquals(25, read(start, prefix + "k").size());
        assertEquals(11, read(start, prefix + "k1").size());
        ChangePage beyond = log.read(page.last() + 1, "", 10);
        assertTrue(beyond.changes().isEmpty());
        assertEquals(page.last() + 1, beyond.next());
    }

    /** Pages begin and end anywhere in the blocks that entries stand in. */
    @Test
    void shouldReadManyEntriesFromAnywhere() {
        int count = 500;
        for (int i = 0; i < count; i++) {
            keys.put(prefix + "many/" + i, bytes("v"), KeyValue.ANY_VERSION);
        }
        List<Change> all = read(start, "");
        assertTrue(all.size() >= count);
        assertEquals(
                count,
                read(start, prefix + "many").stream()
                        .filter(change -> change.operation() == ChangeOperation.PUT)
                        .count());
        for (int limit : new int[] {1, 7, 24, 100, all.size()}) {
            for (int from = 0; from + limit <= all.size(); from += 61) {
                ChangePage page = log.read(start + from, "", limit);
                assertEquals(all.subList(from, from + limit), page.changes());
                assertEquals(start + from + limit, page.next());
            }
        }
    }

    @Test
    void shouldTellOfRenamedDirectoriesAbove() {
        keys.put(prefix + "run1/latest", bytes("v"), KeyValue.ANY_VERSION);
        long from = log.range().last() + 1;
        namespace.rename(home, bytes("run1"), home, bytes("run2"), 0, false);
        namespace.makeDirectory(home, bytes("run"), 0755, 0, 0);
        for (String below : List.of("run1/latest", "run2/latest", "run1/", "run2/")) {
            assertEquals(
                    List.of(ChangeOperation.RENAME),
                    read(from, prefix + below).stream().map(Change::operation).toList(),
                    below);
        }
    }

    @Test
    void shouldLetAHandlerTakeItsTimeAndUseTheNamespace() {
        keys.put(prefix + "from", bytes("v"), KeyValue.ANY_VERSION);
        ChangeFollower follower = log.follow(start, prefix + "from");
        List<String> seen = new ArrayList<>();
        while (seen.isEmpty()) {
            follower.poll(change -> {
                byte[] path = new byte[change.pathLength()];
                change.getPath(path, 0);
                // Many, so that tables grow and buffers are used by others while the entry is looked at.
                for (int i = 0; i < 200; i++) {
                    keys.put(prefix + "to" + i, path, KeyValue.ANY_VERSION);
                    assertEquals(i + 2, read(start, prefix).size());
                }
                seen.add(change.path());
            });
        }
        assertEquals(List.of(prefix + "from"), seen);
        assertEquals(201, read(start, prefix).size());
    }

    @Test
    void shouldFollowWhatIsAdded() throws InterruptedException {
        ChangeFollower follower = log.follow(start, prefix);
        assertEquals(0, follower.poll(change -> {}) - (follower.next() - start));
        int count = 500;
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread writer = new Thread(() -> {
            try (Namespace other = connect()) {
                for (int i = 0; i < count; i++) {
                    other.keyValue().put(prefix + "k" + i, bytes("v"), KeyValue.ANY_VERSION);
                }
            } catch (RuntimeException e) {
                failure.set(e);
            }
        });
        writer.start();
        List<String> seen = new ArrayList<>();
        while (seen.size() < count && failure.get() == null) {
            assertTrue(follower.poll(change -> seen.add(change.path()), WAIT_NS) > 0);
        }
        writer.join();
        assertEquals(count, seen.size());
        for (int i = 0; i < count; i++) {
            assertEquals(prefix + "k" + i, seen.get(i));
        }
        assertEquals(0, follower.lag());
    }

    @Test
    void shouldMoveConsumersByCompareAndSet() {
        String name = prefix + "consumer";
        assertEquals(0, log.consumerOffset(name));
        assertFalse(log.moveConsumer(name, 5, 6));
        assertTrue(log.moveConsumer(name, 0, 10));
        assertFalse(log.moveConsumer(name, 0, 11));
        assertEquals(10, log.consumerOffset(name));
        assertTrue(log.moveConsumer(name, 10, 20));
        assertTrue(log.moveConsumer(prefix + "another", 0, 1));
        Map<String, Long> consumers = log.consumers();
        assertEquals(20L, consumers.get(name));
        assertEquals(1L, consumers.get(prefix + "another"));
        // It is no change of the tree.
        assertTrue(read(start, prefix).isEmpty());
        assertTrue(log.moveConsumer(name, 20, 0));
        assertEquals(0, log.consumerOffset(name));
        assertFalse(log.consumers().containsKey(name));
        assertError(NamespaceError.INVALID, () -> log.moveConsumer("", 0, 1));
        assertError(NamespaceError.NAME_TOO_LONG, () -> log.moveConsumer("n".repeat(256), 0, 1));
        assertError(NamespaceError.INVALID, () -> log.moveConsumer(name, 0, -1));
    }

    @Test
    void shouldWatchKeys() {
        KeyWatch one = keys.watch("/" + prefix + "a/key", false, start);
        KeyWatch all = keys.watch(prefix + "a/", true, start);
        long put = keys.put(prefix + "a/key", bytes("1"), KeyValue.ANY_VERSION);
        keys.put(prefix + "a/key2", bytes("1"), KeyValue.ANY_VERSION);
        keys.put(prefix + "b", bytes("1"), KeyValue.ANY_VERSION);
        keys.delete(prefix + "a/key", KeyValue.ANY_VERSION);
        namespace.rename(home, bytes("a"), home, bytes("c"), 0, false);
        List<KeyEvent> events = events(one);
        assertEquals(
                List.of(KeyEvent.Kind.CHANGED, KeyEvent.Kind.DELETED, KeyEvent.Kind.MOVED),
                events.stream().map(KeyEvent::kind).toList());
        assertEquals(put, events.getFirst().sequence());
        assertEquals(prefix + "a/key", events.getFirst().key());
        assertEquals(
                List.of(KeyEvent.Kind.CHANGED, KeyEvent.Kind.CHANGED, KeyEvent.Kind.DELETED, KeyEvent.Kind.MOVED),
                events(all).stream().map(KeyEvent::kind).toList());
        assertTrue(events(one).isEmpty());
    }

    private static List<KeyEvent> events(KeyWatch watch) {
        List<KeyEvent> events = new ArrayList<>();
        long count = watch.poll(events::add, 0);
        while (count > 0) {
            count = watch.poll(events::add, 0);
        }
        return events;
    }

    // Leases.

    @Test
    void shouldDeleteTheKeysOfALeaseThatIsRevoked() {
        long lease = keys.grantLease(WAIT_NS);
        keys.put(prefix + "leased/a", bytes("1"), KeyValue.ABSENT, lease);
        keys.put(prefix + "leased/b", bytes("1"), KeyValue.ANY_VERSION, lease);
        keys.put(prefix + "leased/c", bytes("1"), KeyValue.ANY_VERSION, lease);
        keys.put(prefix + "leased/c", bytes("2"), KeyValue.ANY_VERSION);
        assertEquals(WAIT_NS, keys.keepLeaseAlive(lease));
        long from = log.range().last() + 1;
        assertTrue(keys.revokeLease(lease));
        assertFalse(keys.revokeLease(lease));
        assertTrue(keys.get(prefix + "leased/a").isEmpty());
        assertTrue(keys.get(prefix + "leased/b").isEmpty());
        // A put without the lease has detached it.
        assertTrue(keys.get(prefix + "leased/c").isPresent());
        List<Change> changes = read(from, prefix);
        assertEquals(2, changes.size());
        assertEquals(ChangeOperation.DELETE, changes.getFirst().operation());
        assertEquals(changes.getFirst().transaction(), changes.getLast().transaction());
        assertError(NamespaceError.NOT_FOUND, () -> keys.keepLeaseAlive(lease));
        assertError(NamespaceError.NOT_FOUND, () -> keys.put(prefix + "late", bytes("1"), KeyValue.ANY_VERSION, lease));
        assertError(NamespaceError.INVALID, () -> keys.grantLease(1));
        assertError(NamespaceError.INVALID, () -> keys.grantLease(-1));
    }

    @Test
    void shouldDeleteTheKeysOfALeaseThatEnds() {
        long lease = keys.grantLease(TimeUnit.MILLISECONDS.toNanos(300));
        keys.put(prefix + "leased", bytes("1"), KeyValue.ANY_VERSION, lease);
        KeyWatch watch = keys.watch(prefix + "leased", false, log.range().last() + 1);
        List<KeyEvent> events = new ArrayList<>();
        while (events.isEmpty()) {
            tick();
            watch.poll(events::add, TimeUnit.MILLISECONDS.toNanos(50));
        }
        assertEquals(KeyEvent.Kind.DELETED, events.getFirst().kind());
        assertTrue(keys.get(prefix + "leased").isEmpty());
        assertError(NamespaceError.NOT_FOUND, () -> keys.keepLeaseAlive(lease));
    }

    // What tests say often.

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private List<Change> read(long from, String wanted) {
        List<Change> found = new ArrayList<>();
        ChangePage page = log.read(from, wanted, 1000);
        found.addAll(page.changes());
        while (page.next() <= page.last()) {
            page = log.read(page.next(), wanted, 1000);
            found.addAll(page.changes());
        }
        return found;
    }

    private static void assertError(NamespaceError expected, org.junit.jupiter.api.function.Executable executable) {
        NamespaceException thrown = assertThrows(NamespaceException.class, executable);
        assertEquals(expected, thrown.error(), thrown.getMessage());
    }
}
