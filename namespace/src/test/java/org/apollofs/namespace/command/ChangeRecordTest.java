package org.apollofs.namespace.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceLimits;
import org.junit.jupiter.api.Test;

/** Entries of the change log as bytes. */
class ChangeRecordTest {
    private static final int COUNT = 2_000;
    private static final long FIRST = 1L << 40;

    private final UnsafeBuffer run = new UnsafeBuffer(new byte[COUNT * 1024]);
    private int end;

    @Test
    void shouldGiveBackWhatWasPut() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Change> expected = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            long sequence = FIRST + i;
            boolean isAlone = random.nextBoolean();
            Change change = new Change(
                    sequence,
                    random.nextLong(),
                    ChangeOperation.of(1 + random.nextInt(ChangeOperation.values().length)),
                    text(random.nextInt(300)),
                    text(random.nextInt(10) == 0 ? random.nextInt(300) : 0),
                    number(random),
                    number(random),
                    number(random),
                    isAlone ? sequence : sequence + random.nextInt(1_000_000),
                    number(random));
            expected.add(change);
            put(change);
        }
        ExpandableArrayBuffer runs = new ExpandableArrayBuffer();
        int half = ChangeRecord.after(run, 0);
        int at = ChangeRecord.putRun(runs, 0, FIRST, new UnsafeBuffer(run, 0, half));
        at = ChangeRecord.putRun(runs, at, FIRST + 1, new UnsafeBuffer(run, half, end - half));
        List<Change> found = new ArrayList<>();
        new ChangeRecord().forEachOfRuns(runs, 0, at, change -> found.add(change.toChange()));
        assertEquals(expected, found, "seed=" + seed);
    }

    @Test
    void shouldHoldTheLongestPaths() {
        String longest = text(NamespaceLimits.PATH_LENGTH);
        Change change = new Change(FIRST, -1, ChangeOperation.EXCHANGE, longest, longest, -1, -1, -1, FIRST, -1);
        put(change);
        assertTrue(end <= ChangeRecord.MAX_LENGTH, "length=" + end);
        assertEquals(end, ChangeRecord.after(run, 0));
        assertEquals(change, new ChangeRecord().wrap(FIRST, run, 0).toChange());
    }

    @Test
    void shouldBeShort() {
        put(new Change(FIRST, 1L << 60, ChangeOperation.PUT, "bench/0/123", "", 1234, 3, 128, FIRST, 7));
        assertEquals(23 + "bench/0/123".length(), end);
        ChangeRecord record = new ChangeRecord().wrap(FIRST, run, 0);
        byte[] path = new byte[record.pathLength() + 1];
        record.getPath(path, 1);
        assertArrayEquals("\0bench/0/123".getBytes(UTF_8), path);
        assertTrue(record.isLastOfTransaction());
    }

    private void put(Change change) {
        byte[] path = change.path().getBytes(UTF_8);
        byte[] other = change.otherPath().getBytes(UTF_8);
        int length = ChangeRecord.length(
                change.inode(), change.parent(), change.size(), change.session(), path.length, other.length);
        int at = ChangeRecord.put(
                run,
                end,
                change.timeNs(),
                change.operation(),
                change.inode(),
                change.parent(),
                change.size(),
                change.session(),
                path.length,
                other.length);
        run.putBytes(at, path);
        run.putBytes(at + path.length, other);
        ChangeRecord.setTransaction(run, end, change.transaction() - change.sequence());
        assertEquals(end + length, ChangeRecord.after(run, end));
        end += length;
    }

    /** Of any length in bits, so that each length in bytes is met. */
    private static long number(Random random) {
        return random.nextLong() >>> random.nextInt(Long.SIZE);
    }

    private static String text(int length) {
        return "p".repeat(length);
    }
}
