package org.apollofs.perf.durability;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What was asked of a site and what it answered, in a file that lies outside of it: a line a {@link Note}, after a first line
 * with the seed. A begin is synced before its step is asked for, so nothing that the site holds is unknown to the journal, also
 * after the power of both was cut; an answer is synced with the next begin: to forget one asks less of the site, not more.
 *
 * <p>Thread-safe. Whoever made it closes it.
 */
public final class WorkJournal implements AutoCloseable {
    private static final String HEAD = "apollo durability journal 1, seed=";

    private final FileChannel file;
    private final LongSupplier clockMs;

    private WorkJournal(FileChannel file, LongSupplier clockMs) {
        this.file = file;
        this.clockMs = clockMs;
    }

    /** Makes one. @throws IOException also if there is such a file: it may be the only witness. */
    static WorkJournal create(Path path, long seed, LongSupplier clockMs) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        WorkJournal journal = new WorkJournal(file, clockMs);
        journal.append(HEAD + seed, true);
        return journal;
    }

    void begin(Step step) throws IOException {
        append(new Note.Begin(clockMs.getAsLong(), step).toLine(), !step.kind().isQuestion());
    }

    void end(Step step, Outcome outcome) throws IOException {
        append(new Note.End(clockMs.getAsLong(), step.id(), outcome).toLine(), false);
    }

    void newMount(int worker) throws IOException {
        append(new Note.NewMount(clockMs.getAsLong(), worker).toLine(), true);
    }

    void broken(int worker, String what) throws IOException {
        append(new Note.Broken(clockMs.getAsLong(), worker, what).toLine(), true);
    }

    private synchronized void append(String line, boolean sync) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        if (sync) {
            file.force(false);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Reads a journal while it grows: each poll gives what was added. One thread. */
    public static final class Reader {
        private final Path path;
        private long position;
        private long seed;

        public Reader(Path path) {
            this.path = path;
        }

        /** The lines that are whole and were not given yet; none if there is no journal yet. A torn last line waits. */
        public List<Note> poll() throws IOException {
            List<Note> notes = new ArrayList<>();
            if (!Files.exists(path)) {
                return notes;
            }
            byte[] added;
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - position));
                while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) > 0) {
                    // until all is read
                }
                added = bytes.array();
            }
            int start = 0;
            for (int i = 0; i < added.length; i++) {
                if (added[i] != '\n') {
                    continue;
                }
                String line = new String(added, start, i - start, StandardCharsets.UTF_8);
                if (position + start == 0) {
                    seed = seedOf(line);
                } else {
                    notes.add(Note.parse(line));
                }
                start = i + 1;
            }
            position += start;
            return notes;
        }

        private long seedOf(String line) throws IOException {
            if (!line.startsWith(HEAD)) {
                throw new IOException("not a durability journal: file=" + path);
            }
            return Long.parseLong(line.substring(HEAD.length()));
        }

        /** The seed of the load; after a poll that gave something. */
        public long seed() {
            return seed;
        }
    }
}
