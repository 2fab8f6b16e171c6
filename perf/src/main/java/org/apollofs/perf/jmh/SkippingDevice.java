package org.apollofs.perf.jmh;

import org.agrona.collections.LongArrayQueue;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.CompletionHandler;

/** A device that, from some moment on, carries out nothing and says that it did: what is left is the caller's own time. */
final class SkippingDevice implements BlockDevice {
    private final BlockDevice device;
    private final LongArrayQueue tokens = new LongArrayQueue(Long.MIN_VALUE);
    private final LongArrayQueue results = new LongArrayQueue(Long.MIN_VALUE);
    private boolean skipping;

    /** Takes the device over. */
    SkippingDevice(BlockDevice device) {
        this.device = device;
    }

    /** Nothing may be pending. */
    void skip() {
        skipping = true;
    }

    @Override
    public boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return skipping ? done(token, length) : device.queueWrite(token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return skipping ? done(token, length) : device.queueRead(token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueSync(long token) {
        return skipping ? done(token, 0) : device.queueSync(token);
    }

    @Override
    public boolean queueSync(long token, int fileDescriptor) {
        return skipping ? done(token, 0) : device.queueSync(token, fileDescriptor);
    }

    private boolean done(long token, int result) {
        if (tokens.size() >= device.queueDepth()) {
            return false;
        }
        tokens.addLong(token);
        results.addLong(result);
        return true;
    }

    @Override
    public int submit() {
        return skipping ? 0 : device.submit();
    }

    @Override
    public int poll(CompletionHandler handler) {
        if (!skipping) {
            return device.poll(handler);
        }
        int count = tokens.size();
        for (int i = 0; i < count; i++) {
            handler.onCompletion(tokens.pollLong(), (int) results.pollLong());
        }
        return count;
    }

    @Override
    public int pending() {
        return skipping ? tokens.size() : device.pending();
    }

    @Override
    public int queueDepth() {
        return device.queueDepth();
    }

    @Override
    public long capacity() {
        return device.capacity();
    }

    @Override
    public int logicalBlockSize() {
        return device.logicalBlockSize();
    }

    @Override
    public String describe() {
        return device.describe() + ", skipped";
    }

    @Override
    public void close() {
        device.close();
    }
}
