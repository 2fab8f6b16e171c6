package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.layout.StripeLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many writers, many files, two hosts; extents, garbage, orphans. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SharingTest {
    private static final int CHUNK = TestSite.CHUNK;

    @TempDir
    Path directory;

    @Test
    void shouldWriteOneFileFromManyWorkers() throws Exception {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            byte[] bytes = random(1, 64 * CHUNK);
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            inParallel(4, worker -> {
                for (int i = worker; i < 64; i += 4) {
                    TestSite.writeSlab(host, file, (long) i * CHUNK, bytes, i * CHUNK, CHUNK);
                    if (i % 16 == worker) {
                        file.fsync();
                    }
                }
                return null;
            });
            file.flush();
            assertArrayEquals(bytes, TestSite.readAll(file, 100_000));
            file.release();
        }
    }

    @Test
    void shouldReadWhileOthersWrite() throws Exception {
        try (TestSite site = new TestSite(directory, "2+1", 3)) {
            TestSite.Host host = site.host();
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            int piece = 10_000;
            int count = 300;
            inParallel(3, worker -> {
                if (worker == 0) {
                    for (int i = 0; i < count; i++) {
                        byte[] bytes = new byte[piece];
                        Arrays.fill(bytes, (byte) (i + 1));
                        TestSite.write(file, (long) i * piece, bytes);
                        if (i % 50 == 0) {
                            file.fsync();
                        }
                    }
                } else {
                    Random random = new Random(worker);
                    for (int i = 0; i < 400; i++) {
                        int at = random.nextInt(count);
                        byte[] got = TestSite.read(file, (long) at * piece, piece);
                        for (byte b : got) {
                            assertTrue(b == 0 || b == (byte) (at + 1), "piece " + at + " has " + b);
                        }
                    }
                }
                return null;
            });
            file.release();
        }
    }

    @Test
    void shouldNotLockUpWhenManyFilesHoldSlabs() throws Exception {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host =
                    site.host(context -> context.dataSlabs(12).paritySlabs(6).readSlabs(12));
            int count = 60;
            long[] inodes = new long[count];
            OpenFile[] files = new OpenFile[count];
            for (int i = 0; i < count; i++) {
                inodes[i] = site.create();
                files[i] = host.client.open(inodes[i], false);
            }
            inParallel(4, worker -> {
                for (int round = 0; round < 3; round++) {
                    for (int i = worker; i < count; i += 4) {
                        byte[] bytes = random(i * 10L + round, 70_000);
                        TestSite.writeSlab(host, files[i], round * 70_000L, bytes, 0, CHUNK);
                        TestSite.write(
                                files[i], round * 70_000L + CHUNK, Arrays.copyOfRange(bytes, CHUNK, bytes.length));
                    }
                }
                return null;
            });
            assertTrue(host.client.counters().stripesSealedEarly() > 0);
            inParallel(4, worker -> {
                for (int i = worker; i < count; i += 4) {
                    for (int round = 0; round < 3; round++) {
                        byte[] got = TestSite.read(files[i], round * 70_000L, 70_000);
                        assertArrayEquals(random(i * 10L + round, 70_000), got, "file " + i);
                    }
                    files[i].flush();
                    files[i].release();
                }
                return null;
            });
        }
    }

    @Test
    void shouldGiveReadersMoreThanThereAreSlabs() throws Exception {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host(context -> context.readSlabs(12));
            byte[] bytes = random(5, 40 * CHUNK);
            long inode = write(host, site.create(), bytes);
            site.network.isolate(2, true);
            inParallel(6, worker -> {
                OpenFile file = host.client.open(inode, false);
                assertArrayEquals(bytes, TestSite.readAll(file, 256 * 1024));
                file.release();
                return null;
            });
        }
    }

    @Test
    void shouldNeedFewExtentsForACheckpoint() {
        try (TestSite site = new TestSite(directory, new StripeLayout(4, 2, CHUNK), 6)) {
            TestSite.Host host = site.host();
            long inode = site.create();
            OpenFile file = host.client.open(inode, true);
            // torch.save through a file object, each write cut by the kernel as its buffer lies.
            byte[] bytes = random(6, 896 + 16 * CHUNK + 4080 + 80 + 48 * CHUNK + 1117);
            int at = 0;
            for (int length : new int[] {896, 16 * CHUNK, 4080, 80, 48 * CHUNK, 1117}) {
                int first = length > CHUNK ? CHUNK - 1500 : length;
                for (int done = 0, piece = first; done < length; done += piece, piece = CHUNK) {
                    piece = Math.min(piece, length - done);
                    TestSite.writeSlab(host, file, at + done, bytes, at + done, piece);
                }
                at += length;
            }
            file.flush();
            int extents = site.namespace.readContent(inode).extents().size();
            assertTrue(extents <= 16, "extents: " + extents);
            assertArrayEquals(bytes, TestSite.readAll(file, 100_000));
            // 64 chunks and the small rest: no slot is wasted on a few bytes.
            assertTrue(site.totalChunks() <= 67 * 6 / 4 + 6, "chunks: " + site.totalChunks());
            file.release();
        }
    }

    @Test
    void shouldUseOneExtentForAFileWrittenInOrder() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            long inode = write(host, site.create(), random(7, 600 * 1024 + 100_000));
            assertEquals(1, site.namespace.readContent(inode).extents().size());
        }
    }

    @Test
    void shouldSeeWhatOthersCommittedWhenOpened() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host one = site.host();
            TestSite.Host two = site.host();
            long inode = write(one, site.create(), random(8, 300_000));
            OpenFile reader = two.client.open(inode, false);
            assertEquals(300_000, reader.size());
            site.collectGarbage(one);
            OpenFile writer = one.client.open(inode, true);
            TestSite.write(writer, 0, random(9, 200_000));
            assertEquals(200_000, one.client.visibleSize(inode, 300_000));
            assertEquals(300_000, site.namespace.getAttributes(inode).size());
            writer.flush();
            writer.release();
            int live = site.chunksOf(inode);
            TestSite.await(() -> site.totalChunks() == live);
            // The old stripes are gone; a handle from before finds the new content rather than an error.
            assertArrayEquals(Arrays.copyOf(random(9, 200_000), 150_000), TestSite.read(reader, 0, 150_000));
            OpenFile again = two.client.open(inode, false);
            assertArrayEquals(random(9, 200_000), TestSite.readAll(again, 100_000));
            again.release();
            reader.release();
        }
    }

    @Test
    void shouldKeepBothOfTwoHostsSmallWrites() throws Exception {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            List<TestSite.Host> hosts = List.of(site.host(), site.host(), site.host());
            long inode = site.create();
            int each = 40;
            inParallel(3, worker -> {
                for (int i = 0; i < each; i++) {
                    OpenFile file = hosts.get(worker).client.open(inode, false);
                    byte[] line = String.format("%04d%04d", worker, i).getBytes(StandardCharsets.US_ASCII);
                    TestSite.write(file, (long) (i * 3 + worker) * 8, line);
                    file.flush();
                    file.release();
                }
                return null;
            });
            OpenFile file = hosts.get(0).client.open(inode, false);
            byte[] all = TestSite.readAll(file, 10_000);
            assertEquals(each * 3 * 8, all.length);
            for (int i = 0; i < each * 3; i++) {
                String expected = String.format("%04d%04d", i % 3, i / 3);
                assertEquals(expected, new String(all, i * 8, 8, StandardCharsets.US_ASCII));
            }
            file.release();
        }
    }

    @Test
    void shouldAppendWholeFromManyWorkers() throws Exception {
        try (TestSite site = new TestSite(directory, "2+1", 3)) {
            TestSite.Host host = site.host();
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            inParallel(4, worker -> {
                for (int i = 0; i < 100; i++) {
                    byte[] line = new byte[700];
                    Arrays.fill(line, (byte) ('a' + worker));
                    file.append(new UnsafeBuffer(line), 0, line.length);
                }
                return null;
            });
            byte[] all = TestSite.readAll(file, 100_000);
            assertEquals(4 * 100 * 700, all.length);
            int[] count = new int[4];
            for (int at = 0; at < all.length; at += 700) {
                for (int i = 1; i < 700; i++) {
                    assertEquals(all[at], all[at + i]);
                }
                count[all[at] - 'a']++;
            }
            assertArrayEquals(new int[] {100, 100, 100, 100}, count);
            file.release();
        }
    }

    @Test
    void shouldDeleteWhatIsUnlinkedOverwrittenOrNeverCommitted() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            site.collectGarbage(host);
            long inode = write(host, site.create(), random(10, 500_000));
            OpenFile file = host.client.open(inode, false);
            for (int i = 0; i < 5; i++) {
                TestSite.write(file, 0, random(11 + i, 500_000));
            }
            file.flush();
            assertArrayEquals(random(15, 500_000), TestSite.readAll(file, 100_000));
            int live = site.chunksOf(inode);
            TestSite.await(() -> site.totalChunks() == live);
            file.release();
            site.unlink(inode);
            TestSite.await(() -> site.totalChunks() == 0);
            TestSite.await(() -> site.namespace.freedRuns(10).isEmpty());
        }
    }

    @Test
    void shouldKeepAnUnlinkedFileWhileItIsOpen() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            site.collectGarbage(host);
            long inode = write(host, site.create(), random(20, 500_000));
            OpenFile file = host.client.open(inode, false);
            assertTrue(host.client.isOpen(inode));
            site.unlinkKeeping(host, inode);
            TestSite.write(file, 500_000, random(21, 100_000));
            file.fsync();
            byte[] all = TestSite.readAll(file, 100_000);
            assertArrayEquals(random(20, 500_000), Arrays.copyOf(all, 500_000));
            file.release();
            assertFalse(host.client.isOpen(inode));
            host.namespace.releaseUnlinked(inode);
            TestSite.await(() -> site.totalChunks() == 0);
        }
    }

    @Test
    void shouldTellSpaceLessParity() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            for (MemoryTarget target : site.targets) {
                target.capacity = 6_000_000;
            }
            TestSite.Host host = site.host();
            TestSite.await(() -> host.client.targets().hasAllStatus());
            assertEquals(24_000_000, host.client.space().totalBytes());
            assertEquals(24_000_000, host.client.space().freeBytes());
        }
    }

    private interface Work {
        Void run(int worker) throws Exception;
    }

    private static void inParallel(int workers, Work work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(workers);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                int worker = i;
                tasks.add(() -> work.run(worker));
            }
            for (Future<Void> done : executor.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private static long write(TestSite.Host host, long inode, byte[] bytes) {
        OpenFile file = host.client.open(inode, false);
        for (int at = 0; at < bytes.length; at += CHUNK) {
            TestSite.writeSlab(host, file, at, bytes, at, Math.min(CHUNK, bytes.length - at));
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
