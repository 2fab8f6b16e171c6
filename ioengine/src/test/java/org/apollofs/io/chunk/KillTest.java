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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process that writes, killed with -9 in the middle of it. More rounds: {@code -Dapollo.kills=N}. */
@Timeout(600)
class KillTest {
    /** What a key must hold at least: the last acknowledged operation, and whether it was a delete. */
    private record Acknowledged(long id, boolean deleted) {}

    @TempDir
    Path folder;

    private final Map<Long, Acknowledged> acknowledged = new HashMap<>();
    private long highestId;

    @Test
    void shouldKeepWhatWasAcknowledgedBeforeKill() throws IOException, InterruptedException {
        Path target = folder.resolve("0");
        new StoreFormat(target, CrashWriter.SITE, 0)
                .deviceLength(Superblock.deviceLengthFor(128, CrashWriter.CHUNK))
                .chunkLength(CrashWriter.CHUNK)
                .journalLength(256 << 10)
                .mode(DataFile.Mode.ALLOCATED)
                .format();
        int rounds = Integer.getInteger("apollo.kills", 4);
        Random random = new Random(1);
        for (int round = 0; round < rounds; round++) {
            runAndKill(target, 1 + round * 1_000_000L, 1 + random.nextInt(1500));
            check(target);
        }
    }

    private void runAndKill(Path target, long firstId, int lines) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(CrashWriter.class.getName(), target.toString(), Long.toString(firstId)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int count = 0;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                note(line);
                if (++count == lines) {
                    // Not through the process, which would close the pipe with what is still in it.
                    process.toHandle().destroyForcibly();
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertTrue(count >= lines, "the process ended by itself after " + count + " lines");
    }

    private void note(String line) {
        String[] words = line.split(" ");
        // The last line may be cut short by the kill; it is not acknowledged then, as far as anybody knows.
        if (words.length == 3 && !words[2].isEmpty()) {
            long id = Long.parseLong(words[2]);
            if (id > highestId) {
                highestId = id;
                acknowledged.put(Long.parseLong(words[1]), new Acknowledged(id, words[0].equals("D")));
            }
        }
    }

    private void check(Path target) throws IOException {
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
        long round = (highestId - 1) / 1_000_000L;
        Random random = new Random(1 + round * 1_000_000L);
        for (long id = 1 + round * 1_000_000L; id < highestId + 300; id++) {
            boolean sameKey = random.nextInt(CrashWriter.KEYS) == key;
            boolean isDelete = random.nextInt(5) == 0;
            if (sameKey && isDelete && id > highestId) {
                return true;
            }
        }
        return false;
    }
}
