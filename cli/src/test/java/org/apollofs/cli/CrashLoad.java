package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Threads that write files into a mount until it goes away, note what the calls that returned have promised, and later hold
 * the files against it. Content follows from the file's seed, so a file that was cut short is known by its beginning.
 */
final class CrashLoad {
    private static final int THREADS = 4;
    private static final int SMALL = 60_000;
    private static final int LARGE = 3 << 20;
    private static final int TRACKER_LENGTH = 20;
    private static final long JOIN_MS = 60_000;

    /** A file, under one of the names it may have, and how much of it was promised: -1 for not even the name. */
    private static final class Promise {
        final long seed;
        volatile List<String> names;
        volatile long length = -1;

        Promise(long seed, String... names) {
            this.seed = seed;
            this.names = List.of(names);
        }
    }

    /** The last value of a tracker that was promised, and the last that was begun. */
    private static final class Tracker {
        volatile long promised = -1;
        volatile long begun = -1;
    }

    private final Path mount;
    private final long seed;
    private final ConcurrentLinkedQueue<Promise> promises = new ConcurrentLinkedQueue<>();
    private final Tracker[] trackers = new Tracker[THREADS];
    private final Semaphore kept = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    CrashLoad(Path mount, long seed) {
        this.mount = mount;
        this.seed = seed;
    }

    /** Starts the writers and returns when so many calls have promised something. */
    void runUntilPromised(int count) throws InterruptedException {
        for (int i = 0; i < THREADS; i++) {
            trackers[i] = new Tracker();
            int writer = i;
            Thread thread = new Thread(() -> write(writer), "crash-writer-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        assertTrue(kept.tryAcquire(count, 120, TimeUnit.SECONDS), "the writers made no progress: seed=" + seed);
    }

    /** Waits for the writers, whose mount is gone by now. */
    void awaitEnd() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(JOIN_MS);
            assertTrue(!thread.isAlive(), () -> "hangs: " + thread + " " + Arrays.toString(thread.getStackTrace()));
        }
    }

    private void write(int writer) {
        Random random = new Random(seed + writer);
        try {
            for (int i = 0; !stopped; i++) {
                String name = writer + "-" + i;
                switch (random.nextInt(5)) {
                    case 0 -> writeAtOnce(name, random, 1 + random.nextInt(SMALL));
                    case 1 -> writeAtOnce(name, random, SMALL + random.nextInt(LARGE));
                    case 2 -> writeInTwoHalves(name, random);
                    case 3 -> publishByRename(name, random);
                    default -> rewriteTracker(writer, i);
                }
            }
        } catch (IOException e) {
            // The mount is gone: what this is about. A failure while it is there shows as no progress.
            stopped = true;
        }
    }

    private void writeAtOnce(String name, Random random, int length) throws IOException {
        Promise promise = begin(random.nextLong(), name);
        try (FileChannel file = create(name)) {
            writeAll(file, ByteBuffer.wrap(content(promise.seed, length)));
        }
        keep(promise, length);
    }

    /** The first half is promised by fsync, the rest by close. */
    private void writeInTwoHalves(String name, Random random) throws IOException {
        Promise promise = begin(random.nextLong(), name);
        ByteBuffer content = ByteBuffer.wrap(content(promise.seed, 2 + random.nextInt(LARGE)));
        int half = content.capacity() / 2;
        try (FileChannel file = create(name)) {
            writeAll(file, content.limit(half));
            file.force(false);
            keep(promise, half);
            writeAll(file, content.limit(content.capacity()));
        }
        keep(promise, content.capacity());
    }

    private void publishByRename(String name, Random random) throws IOException {
        String unfinished = name + ".tmp";
        Promise promise = begin(random.nextLong(), unfinished);
        int length = 1 + random.nextInt(LARGE);
        try (FileChannel file = create(unfinished)) {
            writeAll(file, ByteBuffer.wrap(content(promise.seed, length)));
        }
        keep(promise, length);
        promise.names = List.of(unfinished, name);
        Files.move(mount.resolve(unfinished), mount.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        promise.names = List.of(name);
        kept.release();
    }

    /** As Megatron's latest_checkpointed_iteration.txt: opened with O_TRUNC, a few bytes, closed. */
    private void rewriteTracker(int writer, int value) throws IOException {
        Tracker tracker = trackers[writer];
        tracker.begun = value;
        try (FileChannel file = create("tracker-" + writer)) {
            writeAll(file, ByteBuffer.wrap(trackerText(value)));
        }
        tracker.promised = value;
        kept.release();
    }

    private Promise begin(long contentSeed, String name) {
        Promise promise = new Promise(contentSeed, name);
        promises.add(promise);
        return promise;
    }

    private void keep(Promise promise, long length) {
        promise.length = length;
        kept.release();
    }

    /** Compares all files with what was promised, then deletes them. @return how many promises were found kept. */
    int check() throws IOException {
        int count = 0;
        for (Promise promise : promises) {
            Path file = promise.names.stream()
                    .map(mount::resolve)
                    .filter(Files::exists)
                    .findFirst()
                    .orElse(null);
            if (file == null) {
                assertEquals(-1, promise.length, "gone: " + promise.names + ", seed=" + seed);
                continue;
            }
            byte[] found = Files.readAllBytes(file);
            assertTrue(
                    found.length >= promise.length,
                    () -> file + " has " + found.length + " bytes, promised " + promise.length + ", seed=" + seed);
            assertEquals(
                    -1,
                    Arrays.mismatch(content(promise.seed, found.length), found),
                    () -> "first wrong byte of " + file + ", length=" + found.length + ", seed=" + seed);
            count += promise.length >= 0 ? 1 : 0;
            Files.delete(file);
        }
        for (int i = 0; i < THREADS; i++) {
            checkTracker(i);
        }
        return count;
    }

    private void checkTracker(int writer) throws IOException {
        Tracker tracker = trackers[writer];
        Path file = mount.resolve("tracker-" + writer);
        if (!Files.exists(file)) {
            assertEquals(-1, tracker.promised, "gone: " + file + ", seed=" + seed);
            return;
        }
        String text = Files.readString(file);
        if (text.isEmpty()) {
            assertEquals(-1, tracker.promised, "empty: " + file + ", seed=" + seed);
        } else {
            assertEquals(TRACKER_LENGTH, text.length(), file + " is torn, seed=" + seed);
            long value = Long.parseLong(text.strip());
            assertTrue(
                    value >= tracker.promised && value <= tracker.begun,
                    file + " says " + value + ", promised " + tracker.promised + ", begun " + tracker.begun + ", seed="
                            + seed);
        }
        Files.delete(file);
    }

    private FileChannel create(String name) throws IOException {
        return FileChannel.open(
                mount.resolve(name),
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING);
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static byte[] trackerText(long value) {
        return String.format("%" + TRACKER_LENGTH + "d", value).getBytes(StandardCharsets.US_ASCII);
    }

    /** The first bytes of a stream that depends on the seed alone. */
    private static byte[] content(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
