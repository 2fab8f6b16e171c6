package org.apollofs.perf.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a checkpoint: which rank writes which files, and the tensors in each. Immutable, any thread.
 *
 * <p>Shapes ship as resources beside this class, derived from the MLPerf Storage checkpoint workload.
 *
 * @param name shape, as "llama3-8b".
 * @param ranks writers; each file belongs to one.
 * @param files in rank order, and within a rank in the order they are written.
 */
public record CheckpointLayout(String name, int ranks, List<CheckpointFile> files) {
    /** Smallest total that {@link #scaledTo} accepts, in bytes: below it there is no shape left. */
    public static final long MIN_TOTAL_BYTES = 1L << 20;

    /** Tensors are cut to a multiple of one float. */
    private static final int ELEMENT_BYTES = 4;

    /** Copies the list. */
    public CheckpointLayout {
        files = List.copyOf(files);
    }

    /**
     * MLPerf's llama3-8b on 8 ranks, full size: 16 files, 104.70 GiB.
     *
     * @throws UncheckedIOException if the resource is missing or damaged: a broken build.
     */
    public static CheckpointLayout llama3x8b() {
        return fromResource("llama3-8b.json");
    }

    /**
     * The same shape with every tensor divided by one number, so that the tensors add up to about a total.
     *
     * @param totalBytes at least {@link #MIN_TOTAL_BYTES}.
     * @throws IllegalArgumentException if it is less.
     */
    public CheckpointLayout scaledTo(long totalBytes) {
        if (totalBytes < MIN_TOTAL_BYTES) {
            throw new IllegalArgumentException("checkpoint size too small: size=" + totalBytes + " bytes, at least "
                    + MIN_TOTAL_BYTES + " are needed");
        }
        double divisor = (double) tensorBytes() / totalBytes;
        List<CheckpointFile> scaled = new ArrayList<>(files.size());
        for (CheckpointFile file : files) {
            long[] lengths = new long[file.tensorCount()];
            for (int i = 0; i < lengths.length; i++) {
                long elements = Math.round(file.tensorBytes(i) / divisor / ELEMENT_BYTES);
                lengths[i] = Math.max(1, elements) * ELEMENT_BYTES;
            }
            scaled.add(new CheckpointFile(file.rank(), file.name(), lengths));
        }
        return new CheckpointLayout(name, ranks, scaled);
    }

    /** Bytes of all tensors, without headers and tails. */
    public long tensorBytes() {
        return files.stream().mapToLong(CheckpointFile::tensorBytes).sum();
    }

    /** Bytes of all files, headers and tails included. */
    public long fileBytes() {
        return files.stream().mapToLong(file -> file.plan().length()).sum();
    }

    /** Indexes into {@link #files} of one rank's files, in the order they are written. */
    List<Integer> filesOf(int rank) {
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).rank() == rank) {
                indexes.add(i);
            }
        }
        return indexes;
    }

    private static CheckpointLayout fromResource(String resource) {
        try (InputStream in = CheckpointLayout.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("checkpoint shape is not in this build: resource=" + resource);
            }
            JsonNode root = new ObjectMapper().readTree(in);
            int ranks = root.get("ranks").asInt();
            List<CheckpointFile> files = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                for (JsonNode file : root.get("files")) {
                    String name = file.get("name").asText().replace("{rank}", Integer.toString(rank));
                    files.add(new CheckpointFile(rank, name, expand(file.get("tensorBytes"))));
                }
            }
            return new CheckpointLayout(root.get("name").asText(), ranks, files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long[] expand(JsonNode groups) {
        List<Long> lengths = new ArrayList<>();
        for (JsonNode group : groups) {
            for (int i = 0; i < group.get("repeat").asInt(); i++) {
                group.get("of").forEach(length -> lengths.add(length.asLong()));
            }
        }
        return lengths.stream().mapToLong(Long::longValue).toArray();
    }
}
