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
}
