package org.apollofs.dataplane.stripe;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * A range of a chunk in memory, or on its way there. Chunks never change, so neither does this.
 *
 * <p>The lane's answer comes on the host agent's thread, which only notes it; the first worker who wants the bytes
 * verifies them. Pins and place in the cache are under the cache's lock. The cache holds the slab once.
 */
final class CachedChunk implements RequestListener {
    /** How far it is. */
    enum State {
        LOADING,
        /** There, not verified. */
        ARRIVED,
        VERIFIED,
        FAILED,
        /** Was read ahead, and that was dropped: ask anew. */
        CANCELLED
    }

    private static final int[] NO_LENGTHS = {};

    final long session;
    final long stripe;
    final int index;
    final int from;
    final int until;
    /** A worker computes it from other chunks; else its target was asked. */
    final boolean rebuilding;

    private final ChunkCache cache;
    private final Gate gate;

    // Under the cache's lock.
    CachedChunk next;
    int pins;
    boolean listed;
    boolean used;
    long lastUse;

    /** When its target was asked, in ns; 0 if it was not. */
    volatile long askedAtNs;

    private volatile State state = State.LOADING;
    private SharedSlab slab;
    private int length;
    private int chunkLength;
    private UnsafeBuffer checksums;
    private int[] stripeLengths = NO_LENGTHS;
    private ErrorCode error;
    private String message;

    /** @param from first byte of the range, a multiple of the checksum block. @param until first byte after it. */
    CachedChunk(ChunkCache cache, long session, long stripe, int index, int from, int until, boolean rebuilding) {
        this.cache = cache;
        this.gate = cache.newGate();
        this.rebuilding = rebuilding;
        this.session = session;
        this.stripe = stripe;
        this.index = index;
        this.from = from;
        this.until = until;
    }

    State state() {
        return state;
    }

    Gate gate() {
        return gate;
    }

    SharedSlab slab() {
        return slab;
    }

    /** Address of a byte of the chunk. */
    long addressOf(int chunkOffset) {
        return slab.slab().address() + chunkOffset - from;
    }

    /** Bytes there are, from {@link #from} on. */
    int length() {
        return length;
    }

    /** First byte after those there are. */
    int end() {
        return from + length;
    }

    /** Lengths of the stripe's data chunks, if this is a parity chunk; else empty. */
    int[] stripeLengths() {
        return stripeLengths;
    }

    ErrorCode error() {
        return error;
    }

    String message() {
        return message;
    }

    /** Whether a range is, or will be, in it. Cache's lock. */
    boolean covers(int wantedFrom, int wantedUntil) {
        if (wantedFrom < from) {
            return false;
        }
        if (state != State.ARRIVED && state != State.VERIFIED) {
            return wantedUntil <= until;
        }
        return wantedUntil <= end() || (end() == chunkLength && wantedFrom < end());
    }

    @Override
    public void onChunkRead(
            int targetId,
            int requestIndex,
            Slab destination,
            int blockOffset,
            int answerLength,
            DirectBuffer answerChecksums,
            int answerChunkLength,
            DirectBuffer answerStripeLengths) {
        if (blockOffset != from || answerLength <= 0 || from + answerLength > answerChunkLength) {
            String text = "read failed: target=" + targetId + ", stripe=" + stripe + ", index=" + index
                    + ": answer has offset=" + blockOffset + ", length=" + answerLength + ", asked for offset=" + from;
            onError(targetId, requestIndex, ErrorCode.INVALID, text, destination);
            return;
        }
        byte[] copy = new byte[answerChecksums.capacity()];
        answerChecksums.getBytes(0, copy);
        checksums = new UnsafeBuffer(copy);
        stripeLengths = lengths(answerStripeLengths);
        arrive(new SharedSlab(destination), answerLength, answerChunkLength, State.ARRIVED);
    }

    private static int[] lengths(DirectBuffer buffer) {
        int count = buffer == null ? 0 : buffer.capacity() / Integer.BYTES;
        int[] lengths = count == 0 ? NO_LENGTHS : new int[count];
        for (int i = 0; i < count; i++) {
            lengths[i] = buffer.getInt(i * Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
        }
        return lengths;
    }

    /** Bytes that need no verification: rebuilt from verified ones. */
    void completeVerified(SharedSlab bytes, int byteCount, int wholeLength) {
        arrive(bytes, byteCount, wholeLength, State.VERIFIED);
    }

    private void arrive(SharedSlab bytes, int byteCount, int wholeLength, State next) {
        synchronized (cache) {
            if (state != State.LOADING) {
                // Given up on time-out: nobody waits any more.
                bytes.release();
                return;
            }
            slab = bytes;
            length = byteCount;
            chunkLength = wholeLength;
            state = next;
        }
        gate.signal();
    }

    @Override
    public void onError(int targetId, int requestIndex, ErrorCode code, String text, Slab destination) {
        if (destination != null) {
            destination.release();
        }
        fail(code, text);
    }

    /** Whole length of the chunk, once it is there. */
    int chunkLength() {
        return chunkLength;
    }

    /** Ends in failure; takes it out of the cache. */
    void fail(ErrorCode code, String text) {
        end(State.FAILED, code, text);
    }

    /** Ends because reading ahead was dropped. */
    void cancel() {
        end(State.CANCELLED, ErrorCode.UNREACHABLE, "cancelled");
    }

    private void end(State next, ErrorCode code, String text) {
        synchronized (cache) {
            if (state == State.FAILED || state == State.CANCELLED) {
                return;
            }
            error = code;
            message = text;
            state = next;
            cache.remove(this);
        }
        gate.signal();
    }

    /** Checks the bytes once. @return whether they may be used. */
    synchronized boolean verify(DataCounters counters) {
        if (state == State.ARRIVED) {
            int block = Checksums.firstMismatch(slab.slab().buffer(), length, checksums);
            if (block >= 0) {
                counters.checksumFailures.increment();
                fail(
                        ErrorCode.CHECKSUM_MISMATCH,
                        "checksum mismatch: stripe=" + stripe + ", index=" + index + ", block="
                                + (from / Lane.CHECKSUM_BLOCK_LENGTH + block));
            } else {
                state = State.VERIFIED;
            }
        }
        return state == State.VERIFIED;
    }
}
