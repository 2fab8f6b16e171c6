package org.apollofs.perf.workload;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads a checkpoint as torch.load does and verifies it, each rank on its own thread: small reads of head and tail
 * first, then each tensor by one read, at an unaligned offset, into memory.
 *
 * <p>What was read for the figures is what is hashed: a rank reads until its buffer is full, all ranks stop the clock,
 * hash, and go on. So SHA-256, slower than a good mount, is not in the read rate. One object reads once.
 */
public final class CheckpointReader {
    /** A rank's buffer holds its largest tensor up to this; more is read by several calls. */
    private static final int BUFFER_MAX_LENGTH = 128 << 20;

    /** Headers, gaps and small tensors that share the buffer with the largest one. */
    private static final int BUFFER_SLACK = 1 << 20;

    private static final int PROBE_LENGTH = 4096;

    private final CheckpointLayout layout;
    private final ExpectedDigests expected;
    private final Path directory;
    private final LongAdder progress;
    private final int bufferLength;
    private final ReadClock clock;
    private final LongAdder bytesRead = new LongAdder();
    private final FileVerdict[] verdicts;

    /**
     * @param directory holds the files.
     * @param progress counts bytes as they are read.
     */
    public CheckpointReader(CheckpointLayout layout, ExpectedDigests expected, Path directory, LongAdder progress) {
        this.layout = layout;
        this.expected = expected;
        this.directory = directory;
        this.progress = progress;
        this.verdicts = new FileVerdict[layout.files().size()];
        this.clock = new ReadClock(layout.ranks());
        long longest = 0;
        for (CheckpointFile file : layout.files()) {
            for (int i = 0; i < file.tensorCount(); i++) {
                longest = Math.max(longest, file.tensorBytes(i));
            }
        }
        bufferLength = (int) Math.min(longest, BUFFER_MAX_LENGTH) + BUFFER_SLACK;
    }

    /**
     * Reads all files. A file that cannot be read, or differs, is a verdict, not an exception.
     *
     * @throws DeadlineExceededException if a rank hangs longer than the deadline.
     */
    public ReadOutcome read(Duration deadline) throws IOException {
        try {
            RankGroup.run("checkpoint read", layout.ranks(), deadline, this::readRank);
        } finally {
            clock.abandon();
        }
        return new ReadOutcome(bytesRead.sum(), Math.max(1, clock.totalNs()), Arrays.asList(verdicts));
    }

    private void readRank(RankGroup.Rank rank) {
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(bufferLength);
            clock.resume();
            for (int file : layout.filesOf(rank.index())) {
                verdicts[file] = readFile(rank, file, buffer.clear());
            }
        } finally {
            clock.leave();
        }
    }

    private FileVerdict readFile(RankGroup.Rank rank, int file, ByteBuffer buffer) {
        CheckpointFile source = layout.files().get(file);
        rank.activity("open " + source.name());
        try (FileChannel channel = FileChannel.open(directory.resolve(source.name()), StandardOpenOption.READ)) {
            FilePlan plan = source.plan();
            MessageDigest digest = ContentSource.newDigest();
            readTailFirst(channel, plan, buffer);
            for (FilePlan.Piece piece : plan.pieces()) {
                rank.activity("read " + source.name() + ", offset=" + piece.offset() + ", length=" + piece.length());
                readPiece(rank, channel, piece, buffer, digest);
            }
            if (channel.size() != plan.length()) {
                throw new EOFException("length=" + channel.size() + ", written=" + plan.length());
            }
            hash(rank, buffer, digest);
            return compare(source.name(), digest.digest(), expected.of(file));
        } catch (EOFException e) {
            return new FileVerdict(source.name(), FileVerdict.Kind.MISMATCHED, e.getMessage());
        } catch (IOException e) {
            FileVerdict.Kind kind = EioText.isEio(e) ? FileVerdict.Kind.IO_ERROR : FileVerdict.Kind.OTHER_ERROR;
            return new FileVerdict(source.name(), kind, e.getMessage());
        }
    }

    /** Archive start, last page, end record, directory header, central directory: as recorded from torch.load. */
    private void readTailFirst(FileChannel channel, FilePlan plan, ByteBuffer buffer) throws IOException {
        long length = plan.length();
        probe(channel, 0, PROBE_LENGTH, length, buffer);
        probe(channel, length - PROBE_LENGTH, PROBE_LENGTH, length, buffer);
        probe(channel, length - 22, 22, length, buffer);
        probe(channel, length - 42, 42, length, buffer);
        probe(channel, length - 98, 98, length, buffer);
        probe(channel, length - plan.tailLength(), (int) plan.tailLength(), length, buffer);
    }

    private void probe(FileChannel channel, long offset, int length, long fileLength, ByteBuffer buffer)
            throws IOException {
        long from = Math.max(0, offset);
        readFully(channel, from, (int) Math.min(length, fileLength - from), buffer.clear());
        buffer.clear();
    }

    private void readPiece(
            RankGroup.Rank rank, FileChannel channel, FilePlan.Piece piece, ByteBuffer buffer, MessageDigest digest)
            throws IOException {
        long offset = piece.offset();
        long left = piece.length();
        while (left > 0) {
            int part = (int) Math.min(left, bufferLength);
            if (part > buffer.remaining()) {
                hash(rank, buffer, digest);
                rank.activity("read, offset=" + offset + ", length=" + part);
            }
            readFully(channel, offset, part, buffer);
            bytesRead.add(part);
            progress.add(part);
            offset += part;
            left -= part;
        }
    }

    /** Reads to the buffer's position. */
    private static void readFully(FileChannel channel, long offset, int length, ByteBuffer buffer) throws IOException {
        int end = buffer.position() + length;
        buffer.limit(end);
        long from = offset - buffer.position();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException("ends at " + (from + buffer.position()) + ", inside what was written");
            }
        }
        buffer.limit(buffer.capacity());
    }

    /** Off the clock: all ranks come here together. */
    private void hash(RankGroup.Rank rank, ByteBuffer buffer, MessageDigest digest) {
        rank.activity("hash, with all others");
        clock.pause();
        digest.update(buffer.flip());
        buffer.clear();
        clock.resume();
    }

    private static FileVerdict compare(String name, byte[] found, byte[] wanted) {
        if (MessageDigest.isEqual(found, wanted)) {
            return new FileVerdict(name, FileVerdict.Kind.MATCHED, "");
        }
        HexFormat hex = HexFormat.of();
        return new FileVerdict(
                name,
                FileVerdict.Kind.MISMATCHED,
                "sha256=" + hex.formatHex(found) + ", written=" + hex.formatHex(wanted));
    }
}
