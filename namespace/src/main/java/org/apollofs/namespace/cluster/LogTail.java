package org.apollofs.namespace.cluster;

import static io.aeron.logbuffer.FrameDescriptor.FRAME_ALIGNMENT;
import static io.aeron.logbuffer.FrameDescriptor.PADDING_FRAME_TYPE;
import static io.aeron.logbuffer.FrameDescriptor.frameLength;
import static io.aeron.logbuffer.FrameDescriptor.frameSessionId;
import static io.aeron.logbuffer.FrameDescriptor.frameType;
import static io.aeron.protocol.DataHeaderFlyweight.HEADER_LENGTH;
import static io.aeron.protocol.DataHeaderFlyweight.TERM_OFFSET_FIELD_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.aeron.archive.checksum.Checksum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts what a power cut left torn off the ends of recordings, before the archive starts.
 *
 * <p>The archive writes a block of frames and syncs it before it counts. After a power cut the pages of a block that was not
 * synced may be there or not, in any order: frames whose middle is zeros, and frames behind a hole. The archive itself looks
 * only for an end, and for holes in the last frame, and then refuses to start. But a member that takes a torn frame for part
 * of its log may vote with it, or lead with it, where others have the whole one. So each recording that was being written is
 * walked from the beginning of its last segment (earlier ones were synced before it began), and cut at the first frame that
 * does not have its checksum; nothing was acknowledged from there on. Behind the cut all is zeros again.
 *
 * <p>The archive then looks for the same end, a buffer of its I/O length at a time, and where the last frame ends with a buffer or
 * beyond it, takes what stands before the buffer for that frame (Aeron 1.51, {@code Catalog.recoverStopOffset}): it ends the process, or
 * refuses to start. So an I/O length is chosen with which no recording ends like that.
 */
final class LogTail {
    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);

    /** Bytes that the archive reads and writes at a time, where nothing speaks against it; Aeron's own default. */
    private static final int IO_LENGTH = 1 << 20;

    private final Path archive;
    private final Checksum checksum;
    private final List<Walk> walks = new ArrayList<>();
    private int maxSegmentLength = IO_LENGTH;
    private int cuts;

    /**
     * What was found.
     *
     * @param cuts recordings that had something torn.
     * @param ioLength for the archive, bytes; a power of two.
     */
    record Found(int cuts, int ioLength) {}

    /** A last segment, and where its first frame is. */
    private record Walk(Path file, int from) {}

    private LogTail(Path archive, Checksum checksum) {
        this.archive = archive;
        this.checksum = checksum;
    }

    /**
     * Cuts; a folder without an archive is left alone. No archive may run on it.
     *
     * @return what was found.
     */
    static Found cut(Path archive, Checksum checksum) throws IOException {
        LogTail tail = new LogTail(archive, checksum);
        ArchiveCatalog catalog = ArchiveCatalog.read(archive);
        for (ArchiveCatalog.Recording recording : catalog.recordings()) {
            if (!recording.isStopped()) {
                tail.cutRecording(catalog, recording);
            }
        }
        return new Found(tail.cuts, tail.ioLength());
    }

    /** Position at which a recording ends, or will when it is cut. Reads only. */
    static long end(ArchiveCatalog catalog, ArchiveCatalog.Recording recording, Checksum checksum) throws IOException {
        if (recording.isStopped()) {
            return recording.stop();
        }
        TreeMap<Long, Long> files = catalog.files(recording);
        if (files.isEmpty()) {
            return recording.start();
        }
        LogTail tail = new LogTail(catalog.archive(), checksum);
        long base = files.lastKey();
        Path file = catalog.archive().resolve(recording.file(base));
        return base + tail.endOfWhole(file, from(recording, base), recording.termLength());
    }

    private void cutRecording(ArchiveCatalog catalog, ArchiveCatalog.Recording recording) throws IOException {
        TreeMap<Long, Long> files = catalog.files(recording);
        if (files.isEmpty()) {
            return;
        }
        long base = files.lastKey();
        Path file = archive.resolve(recording.file(base));
        int from = from(recording, base);
        clearFrom(file, endOfWhole(file, from, recording.termLength()), recording.segmentLength());
        walks.add(new Walk(file, from));
        maxSegmentLength = Math.max(maxSegmentLength, recording.segmentLength());
    }

    /** Offset of the first frame: the first segment begins with a term, and may not hold the term's beginning. */
    private static int from(ArchiveCatalog.Recording recording, long base) {
        long start = recording.start();
        return base == start - (start & (recording.termLength() - 1)) ? (int) (start - base) : 0;
    }

    /** The least with which each end is found within a buffer; in one that holds the segment it is. */
    private int ioLength() {
        int length = IO_LENGTH;
        while (length < maxSegmentLength && !areFoundWithin(length)) {
            length *= 2;
        }
        return length;
    }

    private boolean areFoundWithin(int ioLength) {
        return walks.stream().allMatch(walk -> {
            MappedByteBuffer mapped = IoUtil.mapExistingFile(walk.file.toFile(), "segment");
            try {
                return isFoundWithin(new UnsafeBuffer(mapped), walk.from, ioLength);
            } finally {
                IoUtil.unmap(mapped);
            }
        });
    }

    /** Walks frames as the archive does. @return false if the last ends with a buffer or beyond it. */
    static boolean isFoundWithin(DirectBuffer frames, int from, int ioLength) {
        int offset = from;
        while (offset + HEADER_LENGTH <= frames.capacity()) {
            int limit = (int) Math.min(frames.capacity(), (long) offset + ioLength);
            int begin = offset;
            while (offset < limit) {
                int length = frames.getInt(offset, LITTLE_ENDIAN);
                if (length <= 0) {
                    return offset > begin || offset == from;
                }
                offset += BitUtil.align(length, FRAME_ALIGNMENT);
            }
        }
        return true;
    }

    /** Offset of the first frame that is not there, or not whole. */
    private int endOfWhole(Path file, int from, int termLength) {
        if (file.toFile().length() == 0) {
            return 0;
        }
        MappedByteBuffer mapped = IoUtil.mapExistingFile(file.toFile(), "segment");
        try {
            UnsafeBuffer frames = new UnsafeBuffer(mapped);
            int offset = from;
            while (offset + HEADER_LENGTH <= frames.capacity() && isWhole(frames, offset, termLength)) {
                offset += BitUtil.align(frameLength(frames, offset), FRAME_ALIGNMENT);
            }
            return offset;
        } finally {
            IoUtil.unmap(mapped);
        }
    }

    private boolean isWhole(UnsafeBuffer frames, int offset, int termLength) {
        int length = frameLength(frames, offset);
        if (length < HEADER_LENGTH) {
            return false;
        }
        int aligned = BitUtil.align(length, FRAME_ALIGNMENT);
        int termOffset = offset & (termLength - 1);
        if (aligned > termLength - termOffset
                || aligned > frames.capacity() - offset
                || frames.getInt(offset + TERM_OFFSET_FIELD_OFFSET, LITTLE_ENDIAN) != termOffset) {
            return false;
        }
        // Of padding only the header is written, which no sector boundary cuts.
        return frameType(frames, offset) == PADDING_FRAME_TYPE
                || frameSessionId(frames, offset)
                        == checksum.compute(frames.addressOffset(), offset + HEADER_LENGTH, aligned - HEADER_LENGTH);
    }

    /** Makes a segment zeros from an offset on, and syncs it. */
    private void clearFrom(Path file, int offset, int segmentLength) throws IOException {
        boolean isTorn = hasDataFrom(file, offset);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(offset);
            if (offset < segmentLength) {
                channel.write(ByteBuffer.allocate(1), segmentLength - 1L);
            }
            channel.force(true);
        }
        if (isTorn) {
            cuts++;
            LOG.warn(
                    "namespace member: the log's end was torn, as after a power cut, and is cut: file={}, offset={}",
                    file,
                    offset);
        }
    }

    private static boolean hasDataFrom(Path file, int offset) {
        if (file.toFile().length() <= offset) {
            return false;
        }
        MappedByteBuffer mapped = IoUtil.mapExistingFile(file.toFile(), "segment");
        try {
            UnsafeBuffer bytes = new UnsafeBuffer(mapped);
            for (int i = offset; i + Long.BYTES <= bytes.capacity(); i += Long.BYTES) {
                if (bytes.getLong(i) != 0) {
                    return true;
                }
            }
            return false;
        } finally {
            IoUtil.unmap(mapped);
        }
    }
}
