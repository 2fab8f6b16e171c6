package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.transport.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Targets that fail, are gone, are full, are silent. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultTest {
    private static final int LENGTH = 900_001;

    @TempDir
    Path directory;

    /** How a target fails its readers. */
    enum Fault {
        ISOLATED,
        IO_ERROR,
        NOT_FOUND,
        CORRUPT;

        void bring(TestSite site, int target) {
            switch (this) {
                case ISOLATED -> site.network.isolate(target, true);
                case IO_ERROR -> site.targets[target].failReads = ErrorCode.IO_ERROR;
                case NOT_FOUND -> site.targets[target].failReads = ErrorCode.NOT_FOUND;
                case CORRUPT -> site.targets[target].corruptReads = true;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldReadWithTwoOfSixTargetsGoneAndSayWhyWithThree(Fault fault) {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            byte[] bytes = random(1, LENGTH);
            long inode = write(site.host(), site.create(), bytes);
            fault.bring(site, 0);
            fault.bring(site, 3);
            TestSite.Host reader = site.host2();
            OpenFile file = reader.client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(file, 128 * 1024));
            file.release();
            assertTrue(reader.client.counters().chunksReconstructed() > 0);

            fault.bring(site, 5);
            OpenFile again = site.impatientHost().client.open(inode, false);
            DataException e = assertThrows(DataException.class, () -> TestSite.readAll(again, 256 * 1024));
            boolean isSilent = fault == Fault.ISOLATED;
            assertEquals(isSilent ? DataException.Kind.TIMEOUT : DataException.Kind.IO_ERROR, e.kind());
            assertTrue(e.getMessage().contains("3 of 6 chunks unavailable"), e.getMessage());
            assertTrue(e.getMessage().contains("4+2 survives 2"), e.getMessage());
            assertTrue(e.getMessage().contains("target 5"), e.getMessage());
            again.release();
        }
    }

    @ParameterizedTest
    @CsvSource({"1+1, 1", "1+2, 2", "2+1, 1", "8+2, 2"})
    void shouldReadSmallPiecesOfAnyStripeWithTargetsGone(String layout, int gone) {
        int width = StripeLayout.parse(layout, TestSite.CHUNK).width();
        try (TestSite site = new TestSite(directory, layout, width)) {
            byte[] bytes = random(2, LENGTH);
            long inode = write(site.host(), site.create(), bytes);
            for (int i = 0; i < gone; i++) {
                site.network.isolate(2 * i % width, true);
            }
            OpenFile file = site.host2().client.open(inode, false);
            Random random = new Random(3);
            for (int i = 0; i < 100; i++) {
                int offset = random.nextInt(LENGTH - 100);
                byte[] expected = Arrays.copyOfRange(bytes, offset, offset + 100);
                assertArrayEquals(expected, TestSite.read(file, offset, 100), "offset=" + offset);
            }
            file.release();
        }
    }

    @Test
    void shouldReadAroundATargetThatDoesNotAnswer() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            byte[] bytes = random(4, LENGTH);
            TestSite.Host host = site.host();
            long inode = write(host, site.create(), bytes);
            site.targets[1].silent = true;
            OpenFile file = site.host2().client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(file, 128 * 1024));
            file.release();
            site.targets[1].silent = false;
        }
    }

    /** A chunk that a lane has taken in part must go on under its id: begun anew, it would hold credit until its deadline. */
    @Test
    void shouldGoOnWithChunksThatALaneTookInPart() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            PartialNetwork parts = new PartialNetwork(site.network);
            TestSite.Host host = site.host(context -> context.network(parts));
            byte[] bytes = random(14, LENGTH);
            long inode = write(host, site.create(), bytes);
            assertTrue(parts.resumed.get() > 0);
            assertEquals(0, parts.begunAnew.get());
            OpenFile file = site.host2().client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(file, 128 * 1024));
            file.release();
        }
    }

    @Test
    void shouldWriteAStripeAgainWhenATargetFailsOnce() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            byte[] bytes = random(5, LENGTH);
            site.targets[2].failNextWrites.set(2);
            site.targets[4].failNextWrites.set(1);
            long inode = write(host, site.create(), bytes);
            assertTrue(host.client.counters().stripesRewritten() > 0);
            OpenFile file = site.host2().client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(file, 128 * 1024));
            file.release();
            // What the failed attempts left behind is deleted.
            int live = site.chunksOf(inode);
            site.collectGarbage(host);
            TestSite.await(() -> site.totalChunks() == live);
        }
    }

    @Test
    void shouldWriteElsewhereWhenThereAreOtherTargets() {
        try (TestSite site = new TestSite(directory, "2+1", 5)) {
            TestSite.Host host = site.host();
            byte[] bytes = random(6, LENGTH);
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            for (int at = 0; at < LENGTH; at += TestSite.CHUNK) {
                if (at == 4 * TestSite.CHUNK) {
                    site.network.isolate(1, true);
                }
                TestSite.writeSlab(host, file, at, bytes, at, Math.min(TestSite.CHUNK, LENGTH - at));
            }
            file.flush();
            file.release();
            OpenFile same = site.host2().client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(same, 128 * 1024));
            same.release();
            site.network.isolate(1, false);
        }
    }

    @Test
    void shouldRefuseWritesWithoutAHealthyGroupAndTakeThemAgainLater() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.impatientHost();
            byte[] bytes = random(7, LENGTH);
            site.network.isolate(3, true);
            TestSite.await(() -> !host.client.targets().areConnected());
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            DataException e = assertThrows(DataException.class, () -> {
                TestSite.write(file, 0, bytes);
                file.fsync();
            });
            assertEquals(DataException.Kind.IO_ERROR, e.kind());
            assertTrue(e.getMessage().contains("target 3"), e.getMessage());
            site.network.isolate(3, false);
            // Stripes that were on their way may still be given up, which is told too.
            TestSite.await(() -> succeeds(() -> {
                TestSite.write(file, 0, bytes);
                file.fsync();
            }));
            assertArrayEquals(bytes, TestSite.readAll(file, 100_000));
            file.release();
        }
    }

    @Test
    void shouldTellEachHandleOnceThatWritesWereLost() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.impatientHost();
            long inode = write(host, site.create(), random(8, 300_000));
            OpenFile first = host.client.open(inode, false);
            OpenFile second = host.client.open(inode, false);
            site.targets[0].failWrites = ErrorCode.IO_ERROR;
            TestSite.write(first, 0, random(9, 200_000));
            assertThrows(DataException.class, first::fsync);
            assertThrows(DataException.class, second::fsync);
            first.fsync();
            second.fsync();
            site.targets[0].failWrites = null;
            assertArrayEquals(random(8, 300_000), TestSite.readAll(first, 100_000));
            assertThrows(DataException.class, () -> TestSite.write(first, 0, random(10, 200_000)));
            // The target is left alone for a while after so many failures.
            TestSite.await(() -> succeeds(() -> TestSite.write(first, 0, random(10, 200_000))));
            assertThrows(DataException.class, first::fsync, "after a write that was refused");
            first.fsync();
            first.release();
            second.release();
        }
    }

    @Test
    void shouldTellTheLastReleaseOfLostWritesThatAnotherHandleFound() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.impatientHost();
            long inode = site.create();
            OpenFile writer = host.client.open(inode, false);
            OpenFile other = host.client.open(inode, false);
            site.targets[0].failWrites = ErrorCode.IO_ERROR;
            TestSite.write(writer, 0, random(12, 200_000));
            assertThrows(DataException.class, other::fsync);
            other.release();
            assertThrows(DataException.class, writer::release);
        }
    }

    @Test
    void shouldSayNoSpaceAndGoOnOnceThereIsSome() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            for (MemoryTarget target : site.targets) {
                target.capacity = 1_000_000;
            }
            site.collectGarbage(host);
            byte[] bytes = random(11, 2_000_000);
            long first = write(host, site.create(), bytes);
            long second = site.create();
            OpenFile file = host.client.open(second, false);
            DataException e = assertThrows(DataException.class, () -> {
                for (int i = 0; i < 3; i++) {
                    TestSite.write(file, i * 2_000_000L, bytes);
                }
                file.fsync();
            });
            assertEquals(DataException.Kind.NO_SPACE, e.kind());
            // Stripes that were still on their way may have failed since, which is told once too.
            succeeds(file::fsync);
            boolean isTaken = succeeds(() -> TestSite.write(file, 0, bytes));
            boolean isReleased = succeeds(file::release);
            assertFalse(isTaken && isReleased, "bytes without a place were lost without a word");
            site.unlink(first);
            site.unlink(second);
            TestSite.await(() -> site.totalChunks() == 0);
            long third = write(host, site.create(), bytes);
            OpenFile same = host.client.open(third, false);
            assertArrayEquals(bytes, TestSite.readAll(same, 100_000));
            same.release();
        }
    }

    /** What is lost is told at once, however patient the host is: no waiting brings it back. */
    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"IO_ERROR", "NOT_FOUND", "CORRUPT"})
    void shouldTellAtOnceWhatIsLost(Fault fault) {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            long inode = write(site.host(), site.create(), random(20, LENGTH));
            fault.bring(site, 0);
            fault.bring(site, 3);
            fault.bring(site, 5);
            OpenFile file = site.patientHost().client.open(inode, false);
            DataException e = assertThrows(DataException.class, () -> TestSite.readAll(file, 256 * 1024));
            assertEquals(DataException.Kind.IO_ERROR, e.kind());
            file.release();
        }
    }

    @Test
    void shouldTellAtOnceWhatIsOnTargetsThatAreLeftOut() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            long inode = write(site.host(), site.create(), random(21, LENGTH));
            TestSite.Host host = site.patientHost();
            for (int target : new int[] {1, 2, 4}) {
                site.network.isolate(target, true);
            }
            TestSite.await(() -> host.client.targets().connectedCount() == 3);
            for (int target : new int[] {1, 2, 4}) {
                host.client.targets().leaveOut(target, "left out by the test");
            }
            OpenFile file = host.client.open(inode, false);
            DataException e = assertThrows(DataException.class, () -> TestSite.readAll(file, 256 * 1024));
            assertEquals(DataException.Kind.IO_ERROR, e.kind());
            assertTrue(e.getMessage().contains("target 4 gone (left out by the test)"), e.getMessage());
            DataException write = assertThrows(DataException.class, () -> {
                TestSite.write(file, 0, random(22, LENGTH));
                file.fsync();
            });
            assertEquals(DataException.Kind.IO_ERROR, write.kind());
            // One that comes all the same is taken.
            site.network.isolate(2, false);
            TestSite.await(() -> host.client.targets().connectedCount() == 4);
            assertArrayEquals(
                    random(21, LENGTH), TestSite.readAll(site.host2().client.open(inode, false), 128 * 1024));
            succeeds(file::release);
        }
    }

    /** All are silent for long, and then some are there: nobody was told anything meanwhile. */
    @Test
    void shouldWaitForTargetsThatAreNotConnected() throws Exception {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            byte[] bytes = random(23, LENGTH);
            long inode = write(site.host(), site.create(), bytes);
            for (int target = 0; target < 6; target++) {
                site.network.isolate(target, true);
            }
            TestSite.Host host = site.patientHost();
            OpenFile file = host.client.open(inode, false);
            CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> TestSite.readAll(file, 256 * 1024));
            long other = site.create();
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(host, other, random(24, LENGTH)));
            // Far beyond any back-off, time-out or patience that this host had before.
            TestSite.await(() -> host.client.counters().readRetries() > 5);
            site.clock.leap(TimeUnit.MINUTES.toNanos(1));
            TestSite.await(() -> host.client.counters().readRetries() > 10);
            assertFalse(read.isDone() || written.isDone());
            for (int target = 0; target < 4; target++) {
                site.network.isolate(target, false);
            }
            assertArrayEquals(bytes, read.get());
            assertFalse(written.isDone(), "four of six are not enough for a stripe");
            site.network.isolate(4, false);
            site.network.isolate(5, false);
            written.get();
            assertArrayEquals(
                    random(24, LENGTH), TestSite.readAll(site.host2().client.open(other, false), 128 * 1024));
            file.release();
        }
    }

    /** Where all are slow, none is: each chunk is asked for once, and nothing is computed. */
    @Test
    void shouldNotAskForParityWhereAllTargetsAreSlow() throws Exception {
        StripeLayout layout = StripeLayout.parse("4+2", TestSite.CHUNK);
        try (TestSite site = new TestSite(directory, layout, 6, TimeUnit.HOURS.toNanos(1))) {
            byte[] bytes = random(25, LENGTH);
            long inode = write(site.host(), site.create(), bytes);
            TestSite.Host host = site.patientHost();
            TestSite.await(() -> host.client.targets().areConnected());
            for (MemoryTarget target : site.targets) {
                target.holds = true;
            }
            OpenFile file = host.client.open(inode, false);
            CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> TestSite.readAll(file, 256 * 1024));
            // Their status is asked for too.
            TestSite.await(() -> site.targets[0].heldCount() + site.targets[1].heldCount() > 2);
            site.clock.leap(TimeUnit.SECONDS.toNanos(30));
            assertFalse(read.isDone());
            for (MemoryTarget target : site.targets) {
                target.holds = false;
            }
            assertArrayEquals(bytes, read.get());
            assertEquals(0, host.client.counters().chunksReconstructed());
            assertEquals(0, host.client.counters().requestErrors());
            file.release();
        }
    }

    private static boolean succeeds(Runnable write) {
        try {
            write.run();
            return true;
        } catch (DataException e) {
            return false;
        }
    }

    private static long write(TestSite.Host host, long inode, byte[] bytes) {
        OpenFile file = host.client.open(inode, false);
        for (int at = 0; at < bytes.length; at += TestSite.CHUNK) {
            TestSite.writeSlab(host, file, at, bytes, at, Math.min(TestSite.CHUNK, bytes.length - at));
        }
        file.flush();
        file.release();
        return inode;
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
