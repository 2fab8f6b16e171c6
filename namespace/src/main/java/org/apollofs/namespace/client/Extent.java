package org.apollofs.namespace.client;

/**
 * A range of a file and the run of chunks that holds it.
 *
 * <p>The data chunks of a session's consecutive stripes, k to a stripe, form a line: chunk {@code n} of the run is data
 * chunk {@code (index + n) mod k} of stripe {@code stripe + (index + n) / k}. Each chunk of the run but the last carries
 * exactly {@code chunkStride} bytes. Byte {@code f} of the file lies at position {@code p = chunkOffset + f - fileOffset}
 * of the run: in chunk {@code p / chunkStride}, at {@code p mod chunkStride}.
 *
 * @param fileOffset first byte in the file.
 * @param length bytes.
 * @param session writer session that names the stripes.
 * @param stripe stripe of the run's first chunk.
 * @param index data chunk (0 to k-1) of that stripe at which the run begins.
 * @param chunkOffset byte in the first chunk at which the extent begins: less than {@code chunkStride}.
 * @param chunkStride payload bytes of each chunk but the last.
 * @param placement id of the placement table that maps stripes to groups of targets (and gives k and m).
 */
public record Extent(
        long fileOffset,
        long length,
        long session,
        long stripe,
        int index,
        int chunkOffset,
        int chunkStride,
        int placement) {
    /** First byte after the extent. */
    public long end() {
        return fileOffset + length;
    }

    /**
     * Stripe of the extent's last byte.
     *
     * @param dataChunks k of the placement table.
     */
    public long lastStripe(int dataChunks) {
        return stripe + (index + lastChunk()) / dataChunks;
    }

    /** Chunk of the run, counted from 0, that holds the extent's last byte. */
    private long lastChunk() {
        return (chunkOffset + length - 1) / chunkStride;
    }

    /**
     * The part of the extent that holds bytes {@code from} (inclusive) to {@code to} (exclusive) of the file.
     *
     * @param dataChunks k of the placement table.
     */
    public Extent slice(long from, long to, int dataChunks) {
        if (from < fileOffset || to > end() || from >= to) {
            throw new IllegalArgumentException("no slice of the extent: from=" + from + ", to=" + to + ", " + this);
        }
        long position = chunkOffset + (from - fileOffset);
        long chunk = index + position / chunkStride;
        return new Extent(
                from,
                to - from,
                session,
                stripe + chunk / dataChunks,
                (int) (chunk % dataChunks),
                (int) (position % chunkStride),
                chunkStride,
                placement);
    }

    /**
     * Whether {@code next} goes on where this one ends, in the file and in the run of chunks: then one extent of both
     * lengths holds the same bytes.
     *
     * @param dataChunks k of the placement table.
     */
    public boolean continuesWith(Extent next, int dataChunks) {
        long position = chunkOffset + length;
        long chunk = index + position / chunkStride;
        return next.fileOffset == end()
                && next.session == session
                && next.placement == placement
                && next.chunkStride == chunkStride
                && next.chunkOffset == position % chunkStride
                && next.stripe == stripe + chunk / dataChunks
                && next.index == chunk % dataChunks;
    }

    /** The same extent, of another length. */
    public Extent withLength(long newLength) {
        return new Extent(fileOffset, newLength, session, stripe, index, chunkOffset, chunkStride, placement);
    }
}
