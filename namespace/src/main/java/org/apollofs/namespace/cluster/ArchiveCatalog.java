package org.apollofs.namespace.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.codecs.CatalogHeaderDecoder;
import io.aeron.archive.codecs.RecordingDescriptorDecoder;
import io.aeron.archive.codecs.RecordingDescriptorHeaderDecoder;
import io.aeron.archive.codecs.RecordingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What an archive's catalog says is in its folder, read while no archive runs on it, and whether it is there: an archive that is
 * started without files that its catalog has does not say so, and a member that reads where nothing is mapped ends the process.
 */
record ArchiveCatalog(Path archive, List<ArchiveCatalog.Recording> recordings) {
    static final String FILE = "archive.catalog";
    /** Stop position of a recording that was being written. */
    static final long NOT_STOPPED = -1;

    /** A recording that was not deleted. Positions in bytes of its stream. */
    record Recording(long id, long start, long stop, int segmentLength, int termLength) {
        boolean isStopped() {
            return stop != NOT_STOPPED;
        }

        /** Position of the first byte of the file that has a position. */
        long base(long position) {
            return AeronArchive.segmentFileBasePosition(start, position, termLength, segmentLength);
        }

        String file(long base) {
            return id + "-" + base + ".rec";
        }
    }

    /** Reads it; an archive without a catalog has no recordings. @throws IOException if it is not a catalog. */
    static ArchiveCatalog read(Path archive) throws IOException {
        Path file = archive.resolve(FILE);
        List<Recording> recordings = new ArrayList<>();
        if (!Files.exists(file)) {
            return new ArchiveCatalog(archive, recordings);
        }
        UnsafeBuffer catalog = new UnsafeBuffer(Files.readAllBytes(file));
        if (catalog.capacity() < CatalogHeaderDecoder.BLOCK_LENGTH) {
            throw new IOException("catalog is too short: file=" + file + ", length=" + catalog.capacity());
        }
        int alignment = new CatalogHeaderDecoder()
                .wrap(catalog, 0, CatalogHeaderDecoder.BLOCK_LENGTH, CatalogHeaderDecoder.SCHEMA_VERSION)
                .alignment();
        if (alignment <= 0) {
            throw new IOException("catalog of another version: file=" + file);
        }
        RecordingDescriptorHeaderDecoder entry = new RecordingDescriptorHeaderDecoder();
        RecordingDescriptorDecoder recording = new RecordingDescriptorDecoder();
        int headerLength = RecordingDescriptorHeaderDecoder.BLOCK_LENGTH;
        int offset = CatalogHeaderDecoder.BLOCK_LENGTH;
        while (offset + headerLength + RecordingDescriptorDecoder.BLOCK_LENGTH <= catalog.capacity()) {
            entry.wrap(catalog, offset, headerLength, RecordingDescriptorHeaderDecoder.SCHEMA_VERSION);
            if (entry.length() <= 0) {
                break;
            }
            recording.wrap(
                    catalog,
                    offset + headerLength,
                    RecordingDescriptorDecoder.BLOCK_LENGTH,
                    RecordingDescriptorDecoder.SCHEMA_VERSION);
            if (entry.state() == RecordingState.VALID) {
                recordings.add(new Recording(
                        recording.recordingId(),
                        recording.startPosition(),
                        recording.stopPosition(),
                        recording.segmentFileLength(),
                        recording.termBufferLength()));
            }
            offset += BitUtil.align(entry.length() + headerLength, alignment);
        }
        return new ArchiveCatalog(archive, recordings);
    }

    /** A recording, or null. */
    Recording find(long id) {
        return recordings.stream()
                .filter(recording -> recording.id() == id)
                .findAny()
                .orElse(null);
    }

    /** Files of a recording that are there, by the position of their first byte: their lengths. */
    TreeMap<Long, Long> files(Recording recording) throws IOException {
        String prefix = recording.id() + "-";
        TreeMap<Long, Long> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(archive)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith(prefix) && name.endsWith(".rec")) {
                    long base = Long.parseLong(name.substring(prefix.length(), name.length() - ".rec".length()));
                    found.put(base, Files.size(file));
                }
            }
        }
        return found;
    }

    /** What of a recording is not there, in a few words; null if it is whole. Of one that was being written the end is open. */
    String missing(Recording recording) throws IOException {
        TreeMap<Long, Long> files = files(recording);
        long first = recording.base(recording.start());
        if (!recording.isStopped() && files.isEmpty()) {
            return "file is missing: " + archive.resolve(recording.file(first));
        }
        long end = recording.isStopped() ? recording.stop() : files.lastKey();
        for (long base = first; base < end; base += recording.segmentLength()) {
            Long length = files.get(base);
            if (length == null) {
                return "file is missing: " + archive.resolve(recording.file(base));
            }
            long needed = Math.min(recording.segmentLength(), end - base);
            if (length < needed) {
                return "file is too short: " + archive.resolve(recording.file(base)) + ", length=" + length
                        + ", expected=" + needed + " at least";
            }
        }
        return null;
    }
}
