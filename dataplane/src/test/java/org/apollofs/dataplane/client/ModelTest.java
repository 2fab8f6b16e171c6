package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.ErrorCode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random calls on one file by two hosts, against an array of bytes. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ModelTest {
    private static final int MAX_SIZE = 1_200_000;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "1+0, 1, 11",
        "1+1, 2, 12",
        "2+1, 3, 13",
        "4+2, 6, 14",
        "8+2, 10, 15",
        "4+2, 9, 16",
        "4+2, 6, 17",
        "1+2, 3, 18",
        "3+0, 3, 19"
    })
    void shouldBehaveAsAnArrayOfBytes(String layout, int targets, long seed) {
        try (TestSite site = new TestSite(directory, layout, targets)) {
            new Run(site, seed, 0).run(400);
        }
    }

    @ParameterizedTest
    @CsvSource({"1+1, 2, 21", "2+1, 3, 22", "4+2, 6, 23", "8+2, 10, 24", "1+2, 3, 25"})
    void shouldReadThroughAsManyBadTargetsAsThereIsParity(String layout, int targets, long seed) {
        try (TestSite site = new TestSite(directory, layout, targets)) {
            new Run(site, seed, site.layout.parityChunks()).run(250);
        }
    }

    /** One history. */
    private static final class Run {
        private final TestSite site;
        private final Random random;
        private final long seed;
        private final int badTargets;
        private final TestSite.Host[] hosts;
        private final OpenFile[] files = new OpenFile[2];
        private final long inode;
        private byte[] model = new byte[0];
        private int at;
        private int step;

        Run(TestSite site, long seed, int badTargets) {
            this.site = site;
            this.seed = seed;
            this.random = new Random(seed);
            this.badTargets = badTargets;
            this.hosts = new TestSite.Host[] {site.host(), site.host(c -> c.largeWriteLength(20_000))};
            this.inode = site.create();
            files[0] = hosts[0].client.open(inode, false);
        }

        void run(int steps) {
            for (step = 0; step < steps; step++) {
                step();
            }
            compareAll();
            changeHost();
            compareAll();
            files[at].release();
            if (badTargets > 0) {
                long rebuilt = hosts[0].client.counters().chunksReconstructed()
                        + hosts[1].client.counters().chunksReconstructed();
                assertTrue(rebuilt > 0, message("nothing was rebuilt"));
            }
        }

        private void step() {
            int choice = random.nextInt(100);
            if (choice < 30) {
                write(random.nextInt(10) == 0 ? 1 + random.nextInt(200_000) : 1 + random.nextInt(5_000));
            } else if (choice < 45) {
                writeSlab();
            } else if (choice < 52) {
                append();
            } else if (choice < 56) {
                truncate();
            } else if (choice < 82) {
                compare();
            } else if (choice < 88) {
                files[at].fsync();
                assertEquals(model.length, site.namespace.getAttributes(inode).size(), message("committed size"));
            } else if (choice < 92) {
                reopen();
            } else if (choice < 96) {
                changeHost();
            } else {
                changeFaults();
            }
            assertEquals(model.length, files[at].size(), message("size"));
        }

        private void write(int length) {
            int offset = offset();
            byte[] bytes = bytes(Math.min(length, MAX_SIZE - offset));
            TestSite.write(files[at], offset, bytes);
            lay(offset, bytes);
        }

        private void writeSlab() {
            int offset = offset();
            int most = Math.min(TestSite.CHUNK, MAX_SIZE - offset);
            int length = random.nextInt(3) == 0 ? most : 1 + random.nextInt(most);
            byte[] bytes = bytes(length);
            TestSite.writeSlab(hosts[at], files[at], offset, bytes, 0, length);
            lay(offset, bytes);
        }

        private void append() {
            byte[] bytes = bytes(1 + random.nextInt(random.nextInt(4) == 0 ? 100_000 : 3_000));
            if (model.length + bytes.length > MAX_SIZE) {
                return;
            }
            long offset = files[at].append(new UnsafeBuffer(bytes), 0, bytes.length);
            assertEquals(model.length, offset, message("append"));
            lay(model.length, bytes);
        }

        private void truncate() {
            int size = random.nextInt(3) == 0 ? random.nextInt(2000) : random.nextInt(MAX_SIZE);
            files[at].truncate(size);
            model = Arrays.copyOf(model, size);
        }

        private int offset() {
            return switch (random.nextInt(6)) {
                case 0 -> random.nextInt(MAX_SIZE - 1);
                case 1 -> random.nextInt(Math.min(MAX_SIZE - 1, 20_000));
                case 2, 3 -> Math.min(model.length, MAX_SIZE - 1);
                default -> model.length == 0 ? 0 : random.nextInt(Math.min(model.length, MAX_SIZE - 1));
            };
        }

        private byte[] bytes(int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        private void lay(int offset, byte[] bytes) {
            if (offset + bytes.length > model.length) {
                model = Arrays.copyOf(model, offset + bytes.length);
            }
            System.arraycopy(bytes, 0, model, offset, bytes.length);
        }

        private void compare() {
            int offset = random.nextInt(model.length + 10);
            int length = random.nextInt(4) == 0 ? 1 + random.nextInt(256 * 1024) : 1 + random.nextInt(6000);
            byte[] got = TestSite.read(files[at], offset, length);
            int end = Math.min(model.length, offset + length);
            byte[] expected = offset >= end ? new byte[0] : Arrays.copyOfRange(model, offset, end);
            assertArrayEquals(expected, got, message("read offset=" + offset + ", length=" + length));
        }

        private void compareAll() {
            assertArrayEquals(model, TestSite.readAll(files[at], 1 + random.nextInt(256 * 1024)), message("all"));
        }

        private void reopen() {
            if (random.nextBoolean()) {
                files[at].flush();
            }
            files[at].release();
            boolean truncate = random.nextInt(4) == 0;
            files[at] = hosts[at].client.open(inode, truncate);
            if (truncate) {
                byte[] before = model;
                OpenFile other = hosts[1 - at].client.open(inode, false);
                assertArrayEquals(before, TestSite.readAll(other, 100_000), message("old content stays until commit"));
                other.release();
                model = new byte[0];
            }
        }

        private void changeHost() {
            files[at].release();
            at = 1 - at;
            files[at] = hosts[at].client.open(inode, false);
            if (random.nextInt(3) == 0) {
                compareAll();
            }
        }

        /** Reads fail on other targets from now on. */
        private void changeFaults() {
            for (MemoryTarget target : site.targets) {
                target.failReads = null;
                target.corruptReads = false;
            }
            for (int i = 0; i < badTargets; i++) {
                MemoryTarget target = site.targets[random.nextInt(site.targets.length)];
                switch (random.nextInt(3)) {
                    case 0 -> target.failReads = ErrorCode.IO_ERROR;
                    case 1 -> target.failReads = ErrorCode.NOT_FOUND;
                    default -> target.corruptReads = true;
                }
            }
        }

        private String message(String what) {
            return what + ": seed=" + seed + ", step=" + step;
        }
    }
}
