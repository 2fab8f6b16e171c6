package org.apollofs.perf.workload;

import java.util.ArrayList;
import java.util.List;

/**
 * The pieces of a torch.save file in the order they are handed to the file object. Immutable, any thread.
 *
 * <pre>
 *   0        896          64-aligned, never 4 KiB-aligned
 *   +--------+------------+------+------------+-- --+------------------+
 *   | header | tensor 0   | gap  | tensor 1   | ... | tail             |
 *   +--------+------------+------+------------+-- --+------------------+
 *                          64..191 bytes              620 + 100 a tensor
 * </pre>
 *
 * <p>The zip format puts a local header before each storage and pads it so that the storage starts on 64 bytes; the
 * tail is the central directory. A gap is handed over in two pieces, as recorded from torch.save.
 */
public final class FilePlan {
    /** First header: archive header, pickled object and the first storage's header. */
    static final int FIRST_HEADER_LENGTH = 896;

    static final int STORAGE_ALIGNMENT = 64;
    private static final int PAGE_LENGTH = 4096;
    private static final int GAP_MIN_LENGTH = 64;
    private static final int GAP_FIRST_PART_LENGTH = 16;
    private static final int TAIL_BASE_LENGTH = 620;
    private static final int TAIL_TENSOR_LENGTH = 100;

    /**
     * A run of bytes handed over at once.
     *
     * @param offset in the file.
     * @param length bytes, at least 1.
     * @param tensor whether it is a tensor's storage, not a header, gap or tail.
     */
    public record Piece(long offset, long length, boolean tensor) {}

    private final List<Piece> pieces;

    private FilePlan(List<Piece> pieces) {
        this.pieces = List.copyOf(pieces);
    }

    static FilePlan of(long[] tensorLengths) {
        List<Piece> pieces = new ArrayList<>(3 * tensorLengths.length + 1);
        pieces.add(new Piece(0, FIRST_HEADER_LENGTH, false));
        long offset = FIRST_HEADER_LENGTH;
        for (int i = 0; i < tensorLengths.length; i++) {
            if (i > 0) {
                int gap = gapLength(offset);
                pieces.add(new Piece(offset, GAP_FIRST_PART_LENGTH, false));
                pieces.add(new Piece(offset + GAP_FIRST_PART_LENGTH, gap - GAP_FIRST_PART_LENGTH, false));
                offset += gap;
            }
            pieces.add(new Piece(offset, tensorLengths[i], true));
            offset += tensorLengths[i];
        }
        pieces.add(new Piece(offset, TAIL_BASE_LENGTH + (long) TAIL_TENSOR_LENGTH * tensorLengths.length, false));
        return new FilePlan(pieces);
    }

    /** All pieces, in file order without holes. */
    public List<Piece> pieces() {
        return pieces;
    }

    /** Bytes of the tail: the last piece. */
    public long tailLength() {
        return pieces.getLast().length();
    }

    /** Bytes of the file. */
    public long length() {
        return pieces.getLast().offset() + pieces.getLast().length();
    }

    private static int gapLength(long end) {
        long start = end + GAP_MIN_LENGTH;
        start += (STORAGE_ALIGNMENT - start % STORAGE_ALIGNMENT) % STORAGE_ALIGNMENT;
        if (start % PAGE_LENGTH == 0) {
            start += STORAGE_ALIGNMENT;
        }
        return (int) (start - end);
    }
}
