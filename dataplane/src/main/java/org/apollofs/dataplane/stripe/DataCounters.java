package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.LongAdder;

/** What a host's data plane has done since it started. Any thread; read through {@link #snapshot()}. */
public final class DataCounters {
    final LongAdder bytesWritten = new LongAdder();
    final LongAdder bytesRead = new LongAdder();
    final LongAdder bytesCoalesced = new LongAdder();
    final LongAdder bytesGathered = new LongAdder();
    final LongAdder bytesSent = new LongAdder();
    final LongAdder stripesSealed = new LongAdder();
    final LongAdder stripesRewritten = new LongAdder();
    final LongAdder stripesFailed = new LongAdder();
    final LongAdder stripesSealedEarly = new LongAdder();
    final LongAdder chunksReconstructed = new LongAdder();
    final LongAdder checksumFailures = new LongAdder();
    final LongAdder requestErrors = new LongAdder();
    final LongAdder strayAnswers = new LongAdder();
    final LongAdder backPressure = new LongAdder();
    final LongAdder slabWaits = new LongAdder();
    final LongAdder chunksPrefetched = new LongAdder();
    final LongAdder cacheHits = new LongAdder();
    final LongAdder inlineCommits = new LongAdder();
    final LongAdder readRetries = new LongAdder();

    /** Payload of a write was taken from a caller. */
    public void onWritten(long bytes) {
        bytesWritten.add(bytes);
    }

    /** Payload was handed to a reader. */
    public void onRead(long bytes) {
        bytesRead.add(bytes);
    }

    /** Payload of small writes was copied into an open chunk or a small file's image. */
    public void onCoalesced(long bytes) {
        bytesCoalesced.add(bytes);
    }

    /** Small pieces of a read were copied together. */
    public void onGathered(long bytes) {
        bytesGathered.add(bytes);
    }

    /** A stripe was sealed before it was full, to have its slabs back. */
    public void onSealedEarly() {
        stripesSealedEarly.increment();
    }

    /** A small file was committed into the namespace. */
    public void onInlineCommit() {
        inlineCommits.increment();
    }

    /**
     * Figures at one moment.
     *
     * @param bytesWritten payload taken from callers.
     * @param bytesRead payload handed to callers.
     * @param bytesCoalesced payload of small writes copied once more, into an open chunk or a small file's image.
     * @param bytesGathered small pieces of reads copied together.
     * @param bytesSent payload and parity copied into lanes.
     * @param stripesSealed stripes complete with parity.
     * @param stripesRewritten stripes written again under a new number after a target failed.
     * @param stripesFailed stripes given up: their writers got an error.
     * @param stripesSealedEarly stripes sealed before they were full, to have their slabs back.
     * @param chunksReconstructed chunks computed from parity for readers.
     * @param checksumFailures blocks that did not match their CRC32C when read.
     * @param requestErrors requests answered with an error.
     * @param strayAnswers answers nobody waited for.
     * @param backPressure times a chunk found its lane or target full.
     * @param slabWaits times a worker had to wait for a slab.
     * @param chunksPrefetched chunks read ahead.
     * @param cacheHits chunk reads served from memory.
     * @param inlineCommits small files committed into the namespace.
     * @param readRetries times a read found too many targets silent, waited and asked again.
     */
    public record Snapshot(
            long bytesWritten,
            long bytesRead,
            long bytesCoalesced,
            long bytesGathered,
            long bytesSent,
            long stripesSealed,
            long stripesRewritten,
            long stripesFailed,
            long stripesSealedEarly,
            long chunksReconstructed,
            long checksumFailures,
            long requestErrors,
            long strayAnswers,
            long backPressure,
            long slabWaits,
            long chunksPrefetched,
            long cacheHits,
            long inlineCommits,
            long readRetries) {
        /**
         * Copies of a written byte by software, from the kernel's page to the target's slab: kernel to slab, slab to
         * lane, lane to the target's slab, and what was copied to coalesce small writes. Parity is not counted.
         */
        public double copiesPerByteWritten() {
            return bytesWritten == 0 ? 0 : 3 + (double) bytesCoalesced / bytesWritten;
        }
    }

    /** The figures now. */
    public Snapshot snapshot() {
        return new Snapshot(
                bytesWritten.sum(),
                bytesRead.sum(),
                bytesCoalesced.sum(),
                bytesGathered.sum(),
                bytesSent.sum(),
                stripesSealed.sum(),
                stripesRewritten.sum(),
                stripesFailed.sum(),
                stripesSealedEarly.sum(),
                chunksReconstructed.sum(),
                checksumFailures.sum(),
                requestErrors.sum(),
                strayAnswers.sum(),
                backPressure.sum(),
                slabWaits.sum(),
                chunksPrefetched.sum(),
                cacheHits.sum(),
                inlineCommits.sum(),
                readRetries.sum());
    }
}
