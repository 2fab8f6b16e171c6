package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.DataFile;

/** A target that {@link CrashWriter} processes write to, one after another, what they said, and whether it holds. */
final class CrashHistory {
    /** Ends a process, or what is under it. */
    @FunctionalInterface
    interface Crash {
        void happen(Process process) throws IOException, InterruptedException;
    }

    /** What a key must hold at least: the last acknowledged operation, and whether it was a delete. */
    private record Acknowledged(long id, boolean deleted) {}

    private static final long IDS_PER_ROUND = 1_000_000L;

    private final Path target;
    private final Map<Long, Acknowledged> acknowledged = new HashMap<>();
    private long highestId;
    private long firstId = 1;

    CrashHistory(Path target) {
        this.target = target;
    }

    void format(DataFile.Mode mode) throws IOException {
        new StoreFormat(target, CrashWriter.SITE, 0)
                .deviceLength(Superblock.deviceLengthFor(128, CrashWriter.CHUNK))
                .chunkLength(CrashWriter.CHUNK)
                .journalLength(256 << 10)
                .mode(mode)
                .format();
    }

    /**
     * Runs a process until it has said so many lines, and lets the crash happen then.
     *
     * @param cheat how it is wrong, or null for a right one.
     */
    void run(int lines, CheatingDevice.Cheat cheat, Crash crash) throws IOException, InterruptedException {
        firstId = 1 + (highestId / IDS_PER_ROUND + 1) * IDS_PER_ROUND;
        Process process = start(cheat);
        int count = 0;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                note(line);
                if (++count == lines) {
                    crash.happen(process);
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertTrue(count >= lines, "the process ended by itself after " + count + " lines");
    }

    private Process start(CheatingDevice.Cheat cheat) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx128m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        // A mapped journal on a file system that is gone may end the process with SIGBUS: no report of that.
        command.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), CrashWriter.class.getName()));
        command.addAll(List.of(target.toString(), Long.toString(firstId)));
        if (cheat != null) {
            command.add(cheat.name());
        }
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void note(String line) {
        String[] words = line.split(" ");
        // The last line may be cut short by the kill; it is not acknowledged then, as far as anybody knows.
        if (words.length == 3 && (words[0].equals("W") || words[0].equals("D")) && !words[2].isEmpty()) {
            long id = Long.parseLong(words[2]);
            if (id > highestId) {
                highestId = id;
                acknowledged.put(Long.parseLong(words[1]), new Acknowledged(id, words[0].equals("D")));
            }
        }
    }

    /** Recovers the target and compares all of it with what was acknowledged. */
    void check() throws IOException {
        try (SlabPool pool = SlabPool.allocate(4, CrashWriter.CHUNK)) {
            StoreClient client = new StoreClient(pool);
            try (ChunkStore store = ChunkStore.open(CrashWriter.context(target, pool, client.answers))) {
                client.store(store);
                long used = 0;
                for (long key = 0; key < CrashWriter.KEYS; key++) {
                    byte[] found = client.read(key, 0, 0, CrashWriter.CHUNK).bytes();
                    check(key, found);
                    used += found == null ? 0 : SizeClass.lengthOf(SizeClass.orderOf(found.length));
                }
                assertEquals(store.superblock().dataLength() - used, store.freeBytes());
            }
        }
    }

    private void check(long key, byte[] found) {
        Acknowledged last = acknowledged.getOrDefault(key, new Acknowledged(0, true));
        if (found == null) {
            // Deleted last, or by an operation that was not answered any more.
            assertTrue(last.deleted || mayHaveBeenDeleted(key), "key=" + key + " lost, last=" + last);
            acknowledged.put(key, new Acknowledged(last.id, true));
            return;
        }
        long id = 0;
        for (int i = 7; i >= 0; i--) {
            id = id << 8 | (found[i] & 0xFF);
        }
        assertArrayEquals(CrashWriter.content(id), found, "key=" + key);
        boolean isLast = id == last.id && !last.deleted;
        assertTrue(isLast || id > highestId, "key=" + key + ", found=" + id + ", last=" + last);
        acknowledged.put(key, new Acknowledged(id, false));
    }

    /** Whether a delete of the key was on its way when the process died: acknowledgements come in order. */
    private boolean mayHaveBeenDeleted(long key) {
        Random random = new Random(firstId);
        for (long id = firstId; id < Math.max(highestId, firstId) + 300; id++) {
            boolean sameKey = random.nextInt(CrashWriter.KEYS) == key;
            boolean isDelete = random.nextInt(5) == 0;
            if (sameKey && isDelete && id > highestId) {
                return true;
            }
        }
        return false;
    }
}
