package org.apollofs.dataplane.client;

import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.StripeProof;
import org.apollofs.namespace.client.Extent;

/**
 * Joins ranges of chunks to one {@link Extent}, as long as file and chunks go on and every chunk but the last is as long
 * as the first. Takes names from proofs alone, so that no extent names a stripe that is not durable. One thread.
 */
final class RunBuilder {
    private final int k;
    private boolean begun;
    private long fileOffset;
    private long length;
    private int chunkOffset;
    /** Payload of the run's first chunk, which all but the last must have. */
    private int stride;

    private Chunk first;
    private StripeProof firstProof;
    private Chunk last;
    private StripeProof lastProof;
    /** Bytes of the last chunk up to the run's end. */
    private int lastEnd;

    RunBuilder(int k) {
        this.k = k;
    }

    /** Starts a run with a range. @throws IllegalStateException if its stripe is not durable. */
    void begin(long rangeOffset, int rangeLength, Chunk chunk, int rangeChunkOffset) {
        begin(rangeOffset, rangeLength, chunk, proofOf(chunk), rangeChunkOffset);
    }

    private void begin(long rangeOffset, int rangeLength, Chunk chunk, StripeProof proof, int rangeChunkOffset) {
        begun = true;
        fileOffset = rangeOffset;
        length = rangeLength;
        chunkOffset = rangeChunkOffset;
        stride = chunk.length();
        first = chunk;
        firstProof = proof;
        last = chunk;
        lastProof = proof;
        lastEnd = rangeChunkOffset + rangeLength;
    }

    /** @throws IllegalStateException if there is none: then it must not be committed. */
    static StripeProof proofOf(Chunk chunk) {
        StripeProof proof = chunk.stripe() == null ? null : chunk.stripe().proof();
        if (proof == null) {
            throw new IllegalStateException("a chunk without proof that it is durable was to be committed");
        }
        return proof;
    }

    /**
     * Adds a range, or begins with it if there is none yet.
     *
     * @return false if it does not go on where the run ends.
     * @throws IllegalStateException if its stripe is not durable.
     */
    boolean append(long rangeOffset, int rangeLength, Chunk chunk, int rangeChunkOffset) {
        StripeProof proof = chunk == last ? lastProof : proofOf(chunk);
        if (!begun) {
            begin(rangeOffset, rangeLength, chunk, proof, rangeChunkOffset);
            return true;
        }
        if (fileOffset + length != rangeOffset) {
            return false;
        }
        if (chunk == last && rangeChunkOffset == lastEnd) {
            length += rangeLength;
            lastEnd += rangeLength;
            return true;
        }
        boolean next = lastEnd == stride
                && last.length() == stride
                && rangeChunkOffset == 0
                && rangeLength <= stride
                && follows(chunk, proof);
        if (next) {
            length += rangeLength;
            last = chunk;
            lastProof = proof;
            lastEnd = rangeLength;
        }
        return next;
    }

    private boolean follows(Chunk chunk, StripeProof proof) {
        if (proof.session() != lastProof.session() || proof.placement() != lastProof.placement()) {
            return false;
        }
        return proof.number() == lastProof.number()
                ? chunk.index() == last.index() + 1
                : last.index() == k - 1 && chunk.index() == 0 && proof.number() == lastProof.number() + 1;
    }

    /** The run so far. */
    Extent finish() {
        return new Extent(
                fileOffset,
                length,
                firstProof.session(),
                firstProof.number(),
                first.index(),
                chunkOffset,
                stride,
                firstProof.placement());
    }
}
