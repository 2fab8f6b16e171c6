package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commits that get no answer, that meet another host, and that take several commands. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CommitTest {
    private static final int LENGTH = 300_000;

    @TempDir
    Path directory;

    private OneThreadSite site;
    private OneThreadHost host;
    private OneThreadHost other;
    private long inode;

    @BeforeEach
    void open() {
        site = new OneThreadSite(directory, "4+2", 128, 1);
        host = site.host;
        other = site.addHost();
        inode = site.create("file");
    }

    @AfterEach
    void close() {
        site.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = FaultyNamespace.Outcome.class,
            names = {"LOST", "ANSWER_LOST", "LATE"})
    void shouldCommitAgainWhatGotNoAnswer(FaultyNamespace.Outcome outcome) {
        OpenFile file = host.open(inode, false);
        byte[] bytes = random(1);
        write(file, 0, bytes);
        host.commits.outcome = outcome;
        assertThrows(DataException.class, file::fsync);
        site.heal();
        file.fsync();
        file.flush();
        file.release();
        site.collectGarbage();
        assertArrayEquals(bytes, other.read(inode));
    }

    /** The first commit took effect, and what it named is deleted since: to name it again would lose what is there now. */
    @ParameterizedTest
    @EnumSource(
            value = FaultyNamespace.Outcome.class,
            names = {"LOST", "ANSWER_LOST"})
    void shouldNotNameAgainWhatOthersHaveReplaced(FaultyNamespace.Outcome outcome) {
        OpenFile file = host.open(inode, false);
        write(file, 0, random(1));
        host.commits.outcome = outcome;
        assertThrows(DataException.class, file::fsync);
        byte[] bytes = random(2);
        OpenFile theirs = other.open(inode, false);
        write(theirs, 0, bytes);
        theirs.flush();
        theirs.release();
        site.heal();
        site.collectGarbage();
        DataException e = assertThrows(DataException.class, file::fsync);
        assertEquals(DataException.Kind.IO_ERROR, e.kind());
        file.fsync();
        file.release();
        site.collectGarbage();
        assertArrayEquals(bytes, other.read(inode));
    }

    /** Who closes after a commit without an answer does not know, and must not delete what it named. */
    @ParameterizedTest
    @EnumSource(
            value = FaultyNamespace.Outcome.class,
            names = {"LOST", "ANSWER_LOST", "LATE"})
    void shouldLeaveWhatACommitWithoutAnswerHasNamed(FaultyNamespace.Outcome outcome) {
        byte[] old = random(1);
        OpenFile before = host.open(inode, false);
        write(before, 0, old);
        before.flush();
        before.release();
        OpenFile file = host.open(inode, false);
        byte[] bytes = random(2);
        write(file, 0, bytes);
        host.commits.outcome = outcome;
        assertThrows(DataException.class, file::flush);
        assertThrows(DataException.class, file::release);
        site.heal();
        site.collectGarbage();
        byte[] now = other.read(inode);
        assertTrue(Arrays.equals(now, outcome == FaultyNamespace.Outcome.LOST ? old : bytes));
    }

    /** What was refused was never named: it is committed whatever others did since. */
    @Test
    void shouldCommitWhatWasRefusedAfterOthersChangedTheFile() {
        OpenFile file = host.open(inode, false);
        byte[] bytes = random(1);
        write(file, 0, bytes);
        host.commits.outcome = FaultyNamespace.Outcome.NO_SPACE;
        assertThrows(DataException.class, file::fsync);
        OpenFile theirs = other.open(inode, false);
        write(theirs, 0, random(2));
        theirs.flush();
        theirs.release();
        site.heal();
        file.fsync();
        file.release();
        site.collectGarbage();
        assertArrayEquals(bytes, other.read(inode));
    }

    /** More extents than one command takes, of stripes that hold ranges of the whole file. */
    @Test
    void shouldCommitInPartsWhatIsVeryFragmented() {
        byte[] bytes = fragments(10_000, host.open(inode, false), false);
        site.collectGarbage();
        assertArrayEquals(bytes, other.read(inode));
    }

    @Test
    void shouldGoOnAfterAPartThatWasRefused() {
        byte[] bytes = fragments(10_000, host.open(inode, false), true);
        site.collectGarbage();
        assertArrayEquals(bytes, other.read(inode));
    }

    /** A stripe of more fragments than one command takes is named by several commits. */
    @Test
    void shouldCommitAStripeInParts() {
        byte[] bytes = new byte[40_000];
        OpenFile file = host.open(inode, false);
        for (int i = 0; i < bytes.length; i += 2) {
            bytes[i] = (byte) (1 + i % 100);
            OneThreadHost.write(file, i, bytes, i, 1);
        }
        file.fsync();
        file.release();
        site.collectGarbage();
        assertArrayEquals(Arrays.copyOf(bytes, bytes.length - 1), other.read(inode));
    }

    private byte[] fragments(int count, OpenFile file, boolean failsOnce) {
        byte[] bytes = new byte[count * 20];
        Random random = new Random(3);
        int[] order = new int[count];
        Arrays.setAll(order, i -> i);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (int i : order) {
            int at = 20 * i;
            for (int j = 0; j < 10; j++) {
                bytes[at + j] = (byte) (1 + random.nextInt(100));
            }
            OneThreadHost.write(file, at, bytes, at, 10);
        }
        if (failsOnce) {
            host.commits.goodBefore = 1;
            host.commits.outcome = FaultyNamespace.Outcome.NO_SPACE;
            assertThrows(DataException.class, file::fsync);
            host.heal();
        }
        file.fsync();
        file.flush();
        file.release();
        return Arrays.copyOf(bytes, bytes.length - 10);
    }

    /** Small writes of one host meet a file that another one has made large. */
    @Test
    void shouldLayASmallFilesBytesOverOneThatBecameLarge() {
        OpenFile file = host.open(inode, false);
        byte[] small = {1, 2, 3};
        OneThreadHost.write(file, 10, small, 0, 3);
        byte[] large = random(4);
        OpenFile theirs = other.open(inode, false);
        write(theirs, 0, large);
        theirs.flush();
        theirs.release();
        file.fsync();
        file.release();
        System.arraycopy(small, 0, large, 10, 3);
        assertArrayEquals(large, other.read(inode));
    }

    /** What was all written over before it was lost is no loss. */
    @Test
    void shouldNotTellOfBytesThatWereWrittenOver() {
        OpenFile file = host.open(inode, false);
        host.lanes.plan = (target, stripe, index) ->
                stripe == 0 || index >= 4 ? FaultyLanes.Outcome.IO_ERROR : FaultyLanes.Outcome.WRITTEN;
        byte[] bytes = random(5);
        write(file, 0, bytes);
        site.run(TimeUnit.SECONDS.toNanos(2));
        assertTrue(host.client.counters().stripesFailed() > 0);
        site.heal();
        OpenFile again = host.open(inode, true);
        write(again, 0, bytes);
        assertDoesNotThrow(again::fsync);
        assertDoesNotThrow(file::fsync);
        again.release();
        file.release();
        assertArrayEquals(bytes, other.read(inode));
    }

    /** What is durable is committed, also when the last bytes find no stripe; they wait. */
    @Test
    void shouldCommitWhatIsDurableWhenTheRestFindsNoStripe() {
        OpenFile file = host.open(inode, false);
        byte[] bytes = Arrays.copyOf(random(6), 5 * OneThreadSite.CHUNK + 100);
        for (int at = 0; at < 4 * OneThreadSite.CHUNK; at += OneThreadSite.CHUNK) {
            host.writeSlab(file, at, bytes, at, OneThreadSite.CHUNK);
        }
        site.run(TimeUnit.SECONDS.toNanos(1));
        host.lanes.plan = (target, stripe, index) -> FaultyLanes.Outcome.NO_SPACE;
        int at = 4 * OneThreadSite.CHUNK;
        host.writeSlab(file, at, bytes, at, OneThreadSite.CHUNK);
        OneThreadHost.write(file, 5 * OneThreadSite.CHUNK, bytes, 5 * OneThreadSite.CHUNK, 100);
        site.network.isolate(1, true);
        site.run(TimeUnit.SECONDS.toNanos(2));
        DataException e = assertThrows(DataException.class, file::fsync);
        assertEquals(DataException.Kind.IO_ERROR, e.kind());
        assertArrayEquals(Arrays.copyOf(bytes, at), other.read(inode));
        assertThrows(DataException.class, file::fsync, "the last bytes have no place yet");
        site.heal();
        succeeds(file::fsync);
        file.fsync();
        file.release();
        Arrays.fill(bytes, at, 5 * OneThreadSite.CHUNK, (byte) 0);
        assertArrayEquals(bytes, other.read(inode));
    }

    /** A stripe that was given up is closed: what is written next goes to another one. */
    @Test
    void shouldPlaceNothingInAStripeThatWasGivenUp() {
        OpenFile file = host.open(inode, false);
        byte[] bytes = random(7);
        host.lanes.plan = (target, stripe, index) -> FaultyLanes.Outcome.IO_ERROR;
        host.writeSlab(file, 0, bytes, 0, OneThreadSite.CHUNK);
        site.run(TimeUnit.SECONDS.toNanos(2));
        assertEquals(1, host.client.counters().stripesFailed());
        site.heal();
        file.passOverLoss();
        host.writeSlab(file, 0, bytes, 0, OneThreadSite.CHUNK);
        assertThrows(DataException.class, file::fsync, "of the first write");
        file.fsync();
        assertEquals(1, host.client.counters().stripesFailed());
        assertArrayEquals(Arrays.copyOf(bytes, OneThreadSite.CHUNK), other.read(inode));
        file.release();
    }

    private static boolean succeeds(Runnable call) {
        try {
            call.run();
            return true;
        } catch (DataException e) {
            return false;
        }
    }

    private static void write(OpenFile file, int offset, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += 60_000) {
            int length = Math.min(60_000, bytes.length - at);
            OneThreadHost.write(file, offset + at, bytes, at, length);
        }
    }

    private static byte[] random(long seed) {
        byte[] bytes = new byte[LENGTH];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
