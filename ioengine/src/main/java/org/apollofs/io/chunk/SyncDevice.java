package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.os.Errno;

/**
 * A device used one operation at a time, waiting for each: for format, open and check, before the pipeline runs. The caller
 * owns device and slab.
 */
final class SyncDevice {
    private static final long PENDING = Long.MIN_VALUE;

    private final BlockDevice device;
    private final Slab slab;
    private final int targetId;
    private final IdleStrategy idle = new BackoffIdleStrategy(100, 10, 1_000, 50_000);
    private long result;

    SyncDevice(BlockDevice device, Slab slab, int targetId) {
        this.device = device;
        this.slab = slab;
        this.targetId = targetId;
    }

    /** What reads fill and writes take, from its first byte on. */
    UnsafeBuffer buffer() {
        return slab.buffer();
    }

    /** Bytes of {@link #buffer()}. */
    int bufferLength() {
        return slab.capacity();
    }

    long capacity() {
        return device.capacity();
    }

    /** Reads into the buffer. @param what begins the message of a failure. */
    void read(String what, long offset, int length) throws IOException {
        while (!device.queueRead(0, offset, slab, 0, length)) {
            poll();
        }
        check(what, offset, length, await());
    }

    /** Reads, but gives the errno back instead of throwing. @return 0 or -errno. */
    int tryRead(long offset, int length) {
        while (!device.queueRead(0, offset, slab, 0, length)) {
            poll();
        }
        return Math.min(0, await());
    }

    /** Writes from the buffer. */
    void write(String what, long offset, int length) throws IOException {
        while (!device.queueWrite(0, offset, slab, 0, length)) {
            poll();
        }
        check(what, offset, length, await());
    }

    /** Makes what was written durable. */
    void sync(String what) throws IOException {
        while (!device.queueSync(0)) {
            poll();
        }
        check(what, 0, 0, await());
    }

    /** Makes a file durable. */
    void sync(String what, SyncedFile file) throws IOException {
        while (!file.queueSync(device, 0)) {
            poll();
        }
        check(what, 0, 0, await());
    }

    private int await() {
        result = PENDING;
        idle.reset();
        while (result == PENDING) {
            idle.idle(poll());
        }
        return (int) result;
    }

    private int poll() {
        return device.submit() + device.poll((token, value) -> result = value);
    }

    private void check(String what, long offset, int length, int value) throws IOException {
        if (value < 0) {
            throw new IOException(what + " failed: target=" + targetId + ", offset=" + offset + ", length=" + length
                    + ", errno=" + Errno.name(value));
        }
    }
}
