package org.apollofs.io.device;

import java.util.concurrent.locks.LockSupport;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.OsException;

/**
 * A block device on io_uring: one system call submits many operations, none is needed to poll.
 *
 * <p>Threads and ownership as {@link BlockDevice} says; the first call that queues, from a new owner, binds the ring to that
 * thread. Nothing allocates after that. An operation keeps one slot of a table from queueing to delivery, through as many
 * kernel requests as short transfers and EAGAIN make of it; the slot's number is what the kernel carries along.
 */
public final class UringDevice implements BlockDevice {
    private static final long CLOSE_PARK_NS = 100_000;
    private static final int OWN_FILE = -1;
    private static final long NOBODY = -1;

    private final DeviceFile file;
    private final DeviceGeometry geometry;
    private final UringRings rings;
    private final UringOperation[] operations;
    private final UringOperation[] free;
    private final String description;
    private int freeCount;
    private int repushed;
    private long retryCount;
    private long ownerId = NOBODY;
    private boolean closed;

    private UringDevice(BlockDeviceContext context, DeviceFile file, UringRings rings) {
        this.file = file;
        this.geometry = file.geometry();
        this.rings = rings;
        this.description = "io_uring: " + file.describe() + ", "
                + (context.directIo() ? "O_DIRECT" : "through the page cache (not O_DIRECT)") + ", " + rings.describe();
        int depth = context.queueDepth();
        operations = new UringOperation[depth];
        free = new UringOperation[depth];
        for (int i = 0; i < depth; i++) {
            operations[i] = new UringOperation(i);
            free[depth - 1 - i] = operations[i];
        }
        freeCount = depth;
    }

    /**
     * Opens a file or raw device on io_uring.
     *
     * @throws OsException if the file cannot be opened, or the kernel has no io_uring for us (ENOSYS, EPERM, ...).
     */
    static UringDevice open(BlockDeviceContext context) throws OsException {
        DeviceFile file = DeviceFile.open(context);
        try {
            return new UringDevice(context, file, new UringRings(context, file));
        } catch (OsException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return queueTransfer(true, token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return queueTransfer(false, token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueSync(long token) {
        return queueSync(token, OWN_FILE);
    }

    @Override
    public boolean queueSync(long token, int fileDescriptor) {
        UringOperation operation = claim();
        if (operation == null) {
            return false;
        }
        operation.token = token;
        operation.sync = true;
        operation.fileDescriptor = fileDescriptor;
        operation.length = 0;
        push(operation);
        return true;
    }

    private boolean queueTransfer(boolean write, long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        geometry.check(deviceOffset, slab, slabOffset, length);
        UringOperation operation = claim();
        if (operation == null) {
            return false;
        }
        operation.token = token;
        operation.sync = false;
        operation.write = write;
        operation.fileDescriptor = OWN_FILE;
        operation.deviceOffset = deviceOffset;
        operation.address = slab.address() + slabOffset;
        operation.length = length;
        operation.bufferIndex = rings.bufferIndex(slab);
        push(operation);
        return true;
    }

    private UringOperation claim() {
        if (Thread.currentThread().threadId() != ownerId) {
            takeOver();
        }
        if (freeCount == 0) {
            return null;
        }
        UringOperation operation = free[--freeCount];
        operation.done = 0;
        operation.retries = 0;
        return operation;
    }

    /** The kernel lets only one thread submit to a ring, which keeps it from locking. */
    private void takeOver() {
        if (closed || pending() > 0) {
            throw new IllegalStateException(
                    "block device used by a second thread or after close: " + geometry.name() + ", pending=" + pending()
                            + ", closed=" + closed + ", owner=" + ownerId + ", thread=" + Thread.currentThread());
        }
        if (ownerId != NOBODY) {
            rings.reopen();
        }
        rings.enable();
        ownerId = Thread.currentThread().threadId();
    }

    private void push(UringOperation operation) {
        boolean own = operation.fileDescriptor == OWN_FILE;
        boolean fixed = own && rings.fixedFile();
        byte entryFlags = fixed ? IoUring.ENTRY_FIXED_FILE : 0;
        int target = fixed ? 0 : own ? file.fd() : operation.fileDescriptor;
        boolean pushed = operation.sync
                ? rings.sync()
                        .push(IoUring.OP_FSYNC, entryFlags, target, 0, 0, 0, IoUring.FSYNC_DATASYNC, operation.slot, 0)
                : rings.data()
                        .push(
                                operation.code(),
                                entryFlags,
                                target,
                                operation.deviceOffset + operation.done,
                                operation.address + operation.done,
                                operation.length - operation.done,
                                0,
                                operation.slot,
                                Math.max(operation.bufferIndex, 0));
        if (!pushed) {
            // Each operation holds at most one entry and there are as many entries as operations.
            throw new IllegalStateException("io_uring full: " + geometry.name() + ", pending=" + pending());
        }
    }

    @Override
    public int submit() {
        if (pending() == 0) {
            return 0;
        }
        checkOwner();
        int submitted = rings.data().submit();
        return rings.isSplit() ? submitted + rings.sync().submit() : submitted;
    }

    @Override
    public int poll(CompletionHandler handler) {
        if (pending() == 0) {
            return 0;
        }
        checkOwner();
        int delivered = poll(rings.data(), handler);
        if (rings.isSplit()) {
            delivered += poll(rings.sync(), handler);
        }
        if (repushed > 0) {
            repushed = 0;
            submit();
        }
        return delivered;
    }

    private int poll(IoUring ring, CompletionHandler handler) {
        ring.reap(ring.has(IoUring.SETUP_IOPOLL));
        int delivered = 0;
        while (ring.next()) {
            UringOperation operation = operations[(int) ring.completedUserData()];
            int result = advance(operation, ring.completedResult());
            if (result != UringOperation.UNFINISHED) {
                long token = operation.token;
                free[freeCount++] = operation;
                delivered++;
                handler.onCompletion(token, result);
            }
        }
        return delivered;
    }

    /** What one kernel result means for its operation: the final result, or UNFINISHED after pushing the rest again. */
    private int advance(UringOperation operation, int result) {
        int outcome = operation.onResult(result, geometry.blockLength());
        if (outcome == UringOperation.UNFINISHED) {
            push(operation);
            repushed++;
            retryCount++;
        }
        return outcome;
    }

    private void checkOwner() {
        if (Thread.currentThread().threadId() != ownerId) {
            throw new IllegalStateException("block device used by a second thread: " + geometry.name() + ", owner="
                    + ownerId + ", thread=" + Thread.currentThread());
        }
    }

    @Override
    public int pending() {
        return operations.length - freeCount;
    }

    @Override
    public long retryCount() {
        return retryCount;
    }

    @Override
    public int queueDepth() {
        return operations.length;
    }

    @Override
    public long capacity() {
        return geometry.capacity();
    }

    @Override
    public int logicalBlockSize() {
        return geometry.blockLength();
    }

    @Override
    public String describe() {
        return description;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        drain(rings.data());
        if (rings.isSplit()) {
            drain(rings.sync());
        }
        rings.close();
        file.close();
    }

    /** The kernel may write to our slabs until the last request is back. */
    private static void drain(IoUring ring) {
        while (ring.inFlight() > 0) {
            if (!ring.next() && !ring.await()) {
                LockSupport.parkNanos(CLOSE_PARK_NS);
            }
        }
    }
}
