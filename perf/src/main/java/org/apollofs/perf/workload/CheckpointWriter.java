package org.apollofs.perf.workload;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Writes a checkpoint as torch.save to a file object does (WORKLOADS "c2b"), each rank on its own thread: open
 * O_WRONLY|O_CREAT|O_TRUNC, a header of 896 bytes, each tensor whole in one call at an offset that is never 4 KiB
 * aligned, small writes between through a 4 KiB buffer, tail, fsync, close; then the rank's next file.
 *
 * <p>One object writes one checkpoint once. The content is ready before the clock starts, and nothing is hashed while
 * it runs.
 */
public final class CheckpointWriter {
    /** Python's buffered writer on a file system with blocks of 4 KiB. */
    private static final int BUFFER_LENGTH = 4096;

    private final CheckpointLayout layout;
    private final ContentSource content;
    private final Path directory;
    private final LongAdder progress;
    private final long[] rankStartNs;
    private final long[] rankEndNs;
    private final long[] rankBytes;
    private final AtomicLong slowestFsyncNs = new AtomicLong();

    /**
     * @param directory exists; the files are made in it.
     * @param progress counts bytes as they are written.
     */
    public CheckpointWriter(CheckpointLayout layout, ContentSource content, Path directory, LongAdder progress) {
        this.layout = layout;
        this.content = content;
        this.directory = directory;
        this.progress = progress;
        this.rankStartNs = new long[layout.ranks()];
        this.rankEndNs = new long[layout.ranks()];
        this.rankBytes = new long[layout.ranks()];
    }

    /**
     * Writes all files; each is fsynced and closed on return.
     *
     * @throws DeadlineExceededException if it takes longer than the deadline.
     * @throws IOException if a rank fails; the message names rank, file and offset.
     */
    public WriteOutcome write(Duration deadline) throws IOException {
        RankGroup.run("checkpoint write", layout.ranks(), deadline, this::writeRank);
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        long bytes = 0;
        for (int rank = 0; rank < layout.ranks(); rank++) {
            // nanoTime may be negative: compare by difference to rank 0's.
            first = Math.min(first, rankStartNs[rank] - rankStartNs[0]);
            last = Math.max(last, rankEndNs[rank] - rankStartNs[0]);
            bytes += rankBytes[rank];
        }
        return new WriteOutcome(
                layout.files().size(),
                bytes,
                last - first,
                rankEndNs[0] - rankStartNs[0],
                rankBytes[0],
                slowestFsyncNs.get());
    }

    private void writeRank(RankGroup.Rank rank) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
        rankStartNs[rank.index()] = System.nanoTime();
        for (int file : layout.filesOf(rank.index())) {
            rankBytes[rank.index()] += writeFile(rank, file, buffer);
        }
        rankEndNs[rank.index()] = System.nanoTime();
    }

    private long writeFile(RankGroup.Rank rank, int file, ByteBuffer buffer) throws IOException {
        CheckpointFile target = layout.files().get(file);
        FilePlan plan = target.plan();
        rank.activity("open " + target.name());
        try (FileChannel channel = FileChannel.open(
                directory.resolve(target.name()),
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            for (int piece = 0; piece < plan.pieces().size(); piece++) {
                FilePlan.Piece next = plan.pieces().get(piece);
                rank.activity("write " + target.name() + ", offset=" + next.offset() + ", length=" + next.length());
                writePiece(channel, buffer, file, piece, next.length());
            }
            drain(channel, buffer);
            rank.activity("fsync " + target.name());
            long startNs = System.nanoTime();
            channel.force(true);
            slowestFsyncNs.accumulateAndGet(System.nanoTime() - startNs, Math::max);
            rank.activity("close " + target.name());
        }
        return plan.length();
    }

    private void writePiece(FileChannel channel, ByteBuffer buffer, int file, int piece, long length)
            throws IOException {
        long left = length;
        for (int run = 0; left > 0; run++) {
            int part = (int) Math.min(left, content.maxRunLength());
            ByteBuffer window = content.window(file, piece, run, part);
            if (part > buffer.remaining()) {
                drain(channel, buffer);
            }
            if (part > BUFFER_LENGTH) {
                writeFully(channel, window);
            } else {
                buffer.put(window);
            }
            left -= part;
        }
    }

    private void drain(FileChannel channel, ByteBuffer buffer) throws IOException {
        buffer.flip();
        writeFully(channel, buffer);
        buffer.clear();
    }

    private void writeFully(FileChannel channel, ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            progress.add(channel.write(source));
        }
    }
}
