package org.apollofs.dataplane.repair;

import org.agrona.DirectBuffer;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;

/**
 * The request for one chunk of a stripe and its answer. Made and looked at by repair's thread; the answer may come on the
 * one that polls the lanes, and is published by {@link #isAnswered()}.
 */
final class ChunkSlot implements RequestListener {
    private final RepairBuffers buffers;
    private volatile boolean answered;
    private ErrorCode error;
    private String message;
    private int length;
    private boolean whole;
    private byte[] checksums = {};
    private byte[] stripeLengths = {};

    /** @param buffers told when an answer has come: until then a slab is the lane's. */
    ChunkSlot(RepairBuffers buffers) {
        this.buffers = buffers;
    }

    /** A request goes out. Takes back what an earlier one answered. */
    void onAsking() {
        answered = false;
        error = null;
        message = null;
        buffers.onAsked();
    }

    /** The lane did not take it. */
    void onNotSent(ErrorCode code, String text) {
        error = code;
        message = text;
        answered();
    }

    private void answered() {
        answered = true;
        buffers.onAnswered();
    }

    boolean isAnswered() {
        return answered;
    }

    /** Why it failed, or null. */
    ErrorCode error() {
        return error;
    }

    String message() {
        return message;
    }

    /** Bytes of the chunk that came. */
    int length() {
        return length;
    }

    /** Whether the answer is all of the chunk. */
    boolean isWhole() {
        return whole;
    }

    byte[] checksums() {
        return checksums;
    }

    byte[] stripeLengths() {
        return stripeLengths;
    }

    @Override
    public void onChunkRead(
            int targetId,
            int index,
            Slab slab,
            int blockOffset,
            int bytes,
            DirectBuffer sums,
            int chunkLength,
            DirectBuffer lengths) {
        length = bytes;
        whole = blockOffset == 0 && bytes == chunkLength;
        checksums = copy(sums);
        stripeLengths = copy(lengths);
        answered();
    }

    private static byte[] copy(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer == null ? 0 : buffer.capacity()];
        if (bytes.length > 0) {
            buffer.getBytes(0, bytes);
        }
        return bytes;
    }

    @Override
    public void onChunkWritten(int targetId, int index) {
        answered();
    }

    @Override
    public void onError(int targetId, int index, ErrorCode code, String text, Slab slab) {
        error = code;
        message = text;
        answered();
    }
}
