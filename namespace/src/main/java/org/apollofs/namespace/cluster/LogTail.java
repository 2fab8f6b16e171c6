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
import io.aeron.archive.codecs.CatalogHeaderDecoder;
import io.aeron.archive.codecs.RecordingDescriptorDecoder;
import io.aeron.archive.codecs.RecordingDescriptorHeaderDecoder;
import io.aeron.archive.codecs.RecordingState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
    private static final String CATALOG = "archive.catalog";
    private static final long NOT_STOPPED = -1;

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
        if (!Files.exists(archive.resolve(CATALOG))) {
            return new Found(0, IO_LENGTH);
        }
        LogTail tail = new LogTail(archive, checksum);
        tail.walkCatalog(new UnsafeBuffer(Files.readAllBytes(archive.resolve(CATALOG))));
        return new Found(tail.cuts, tail.ioLength());
    }

    private void walkCatalog(UnsafeBuffer catalog) throws IOException {
        CatalogHeaderDecoder header = new CatalogHeaderDecoder()
                .wrap(catalog, 0, CatalogHeaderDecoder.BLOCK_LENGTH, CatalogHeaderDecoder.SCHEMA_VERSION);
        int alignment = header.alignment();
        if (alignment <= 0) {
            throw new IOException("catalog of another version: file=" + archive.resolve(CATALOG));
        }
        RecordingDescriptorHeaderDecoder entry = new RecordingDescriptorHeaderDecoder();
        RecordingDescriptorDecoder recording = new RecordingDescriptorDecoder();
        int headerLength = RecordingDescriptorHeaderDecoder.BLOCK_LENGTH;
        int offset = CatalogHeaderDecoder.BLOCK_LENGTH;
        while (offset + headerLength + RecordingDescriptorDecoder.BLOCK_LENGTH <= catalog.capacity()) {
            entry.wrap(catalog, offset, headerLength, RecordingDescriptorHeaderDecoder.SCHEMA_VERSION);
            if (entry.length() <= 0) {
                return;
            }
            recording.wrap(
                    catalog,
                    offset + headerLength,
                    RecordingDescriptorDecoder.BLOCK_LENGTH,
                    RecordingDescriptorDecoder.SCHEMA_VERSION);
            if (entry.state() == RecordingState.VALID && recording.stopPosition() == NOT_STOPPED) {
                cutRecording(recording);
            }
            offset += BitUtil.align(entry.length() + headerLength, alignment);
        }
    }

    private void cutRecording(RecordingDescriptorDecoder recording) throws IOException {
        long base = lastSegment(recording.recordingId());
        if (base < 0) {
            return;
        }
        Path file = archive.resolve(recording.recordingId() + "-" + base + ".rec");
        // The first segment begins with a term, and may not hold the term's beginning.
        int term = recording.termBufferLength();
        long start = recording.startPosition();
        int from = base == start - (start & (term - 1)) ? (int) (start - base) : 0;
        int end = endOfWhole(file, from, term);
        clearFrom(file, end, recording);
        walks.add(new Walk(file, from));
        maxSegmentLength = Math.max(maxSegmentLength, recording.segmentFileLength());
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

    private long lastSegment(long recordingId) throws IOException {
        String prefix = recordingId + "-";
        try (Stream<Path> files = Files.list(archive)) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix) && name.endsWith(".rec"))
                    .toList();
            long last = -1;
            for (String name : names) {
                last = Math.max(last, Long.parseLong(name.substring(prefix.length(), name.length() - 4)));
            }
            return last;
        }
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
    private void clearFrom(Path file, int offset, RecordingDescriptorDecoder recording) throws IOException {
        boolean isTorn = hasDataFrom(file, offset);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(offset);
            if (offset < recording.segmentFileLength()) {
                channel.write(ByteBuffer.allocate(1), recording.segmentFileLength() - 1L);
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
