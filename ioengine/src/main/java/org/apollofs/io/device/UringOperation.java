package org.apollofs.io.device;

import org.apollofs.io.os.Errno;

/**
 * One operation of a {@link UringDevice} from queueing to delivery, through as many kernel requests as short transfers and
 * EAGAIN make of it. The device's thread owns it.
 */
final class UringOperation {
    /** No result of the kernel, which are lengths or small negative numbers. */
    static final int UNFINISHED = Integer.MIN_VALUE;
    /** A drive that always answers EAGAIN must not hold a caller for ever. */
    static final int MAX_RETRIES = 4096;

    final int slot;
    long token;
    boolean sync;
    boolean write;
    int fileDescriptor;
    int bufferIndex;
    long deviceOffset;
    long address;
    int length;
    int done;
    int retries;

    UringOperation(int slot) {
        this.slot = slot;
    }

    byte code() {
        if (bufferIndex >= 0) {
            return write ? IoUring.OP_WRITE_FIXED : IoUring.OP_READ_FIXED;
        }
        return write ? IoUring.OP_WRITE : IoUring.OP_READ;
    }

    /**
     * Takes one result of the kernel.
     *
     * @return what the caller gets, or {@link #UNFINISHED} if the rest, from {@link #done} on, is to be asked for again.
     */
    int onResult(int result, int blockLength) {
        if (Errno.isTransient(result)) {
            return ++retries > MAX_RETRIES ? result : UNFINISHED;
        }
        if (sync || result < 0) {
            return result;
        }
        if (result == 0) {
            // The file ends before the capacity: somebody truncated it under us.
            return -Errno.EIO;
        }
        if (done + result == length) {
            return length;
        }
        // A direct transfer goes on at a block's start, so what is part of a block is done again.
        done = (done + result) & -blockLength;
        return ++retries > MAX_RETRIES ? -Errno.EIO : UNFINISHED;
    }
}
