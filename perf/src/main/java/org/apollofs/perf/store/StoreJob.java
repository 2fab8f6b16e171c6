package org.apollofs.perf.store;

/**
 * What everybody does in a comparison: move so many bytes in order, in transfers of one length, so many of them at the
 * device at once, past the page cache, on a file that was written once before.
 *
 * @param chunkLength bytes of a transfer and of a chunk: a power of two, 64 KiB to 16 MiB.
 * @param bytes of one measurement; a multiple of {@code chunkLength}.
 * @param queueDepth transfers at the device at once.
 */
public record StoreJob(int chunkLength, long bytes, int queueDepth) {
    /** @throws IllegalArgumentException if the bytes are no positive multiple of the chunk length. */
    public StoreJob {
        if (bytes < chunkLength || bytes % chunkLength != 0 || queueDepth < 1) {
            throw new IllegalArgumentException("store job: chunkLength=" + chunkLength + ", bytes=" + bytes
                    + ", queueDepth=" + queueDepth + " (bytes: a positive multiple of chunkLength)");
        }
    }

    /** Transfers of one measurement. */
    public int count() {
        return Math.toIntExact(bytes / chunkLength);
    }
}
