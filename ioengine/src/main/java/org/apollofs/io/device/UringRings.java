package org.apollofs.io.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.StringJoiner;
import org.agrona.BufferUtil;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;

/**
 * The rings of one {@link UringDevice}: set up with the best options that the kernel takes, and a note of each that it
 * does not. A ring that polls the drive cannot sync, so then a second one does.
 *
 * <p>Made by any thread; {@link #enable} binds it to the thread that will use it. Its creator closes it.
 */
final class UringRings implements AutoCloseable {
    private final BlockDeviceContext context;
    private final DeviceFile file;
    private final RegisteredBuffers buffers;
    private final StringJoiner notes = new StringJoiner(", ");
    private boolean ioPoll;
    private boolean sqPoll;
    private boolean fixedBuffers;
    private boolean fixedFile;
    private IoUring data;
    private IoUring sync;

    UringRings(BlockDeviceContext context, DeviceFile file) throws OsException {
        this.context = context;
        this.file = file;
        this.buffers = new RegisteredBuffers(context.slabPools());
        sqPoll = context.sqPoll();
        ioPoll = context.ioPoll() && canPollDrive();
        fixedBuffers = context.registerBuffers() && !buffers.isEmpty();
        fixedFile = true;
        open();
    }

    /** The ring of reads and writes. */
    IoUring data() {
        return data;
    }

    /** The ring of syncs: the same one, unless that one polls the drive. */
    IoUring sync() {
        return sync;
    }

    boolean isSplit() {
        return sync != data;
    }

    boolean fixedFile() {
        return fixedFile;
    }

    /** The registered buffer a slab lies in, or -1. */
    int bufferIndex(Slab slab) {
        return fixedBuffers ? buffers.indexOf(slab) : -1;
    }

    /** Binds the rings to the calling thread. */
    void enable() {
        enable(data);
        if (isSplit()) {
            enable(sync);
        }
    }

    /** Makes the rings anew, for another thread. Nothing may be in flight. */
    void reopen() {
        close();
        try {
            open();
        } catch (OsException e) {
            throw new IllegalStateException("io_uring could not be handed to another thread: " + file.describe(), e);
        }
    }

    /** Options that are on, and notes on those that are not. */
    String describe() {
        StringJoiner options = new StringJoiner(", ");
        options.add("queueDepth=" + context.queueDepth());
        if (fixedBuffers) {
            options.add("registered buffers=" + buffers.length() / 1024 / 1024 + " MiB");
        }
        if (fixedFile) {
            options.add("registered file");
        }
        if (data.has(IoUring.SETUP_SINGLE_ISSUER)) {
            options.add("single issuer");
        }
        if (data.has(IoUring.SETUP_COOP_TASKRUN)) {
            options.add("cooperative taskrun");
        }
        if (sqPoll) {
            options.add("sqpoll");
        }
        if (ioPoll) {
            options.add("iopoll");
        }
        return notes.length() == 0 ? options.toString() : options + "; " + notes;
    }

    @Override
    public void close() {
        if (sync != null && sync != data) {
            sync.close();
        }
        if (data != null) {
            data.close();
        }
        sync = null;
        data = null;
    }

    private void open() throws OsException {
        try {
            data = setUp(ioPoll ? IoUring.SETUP_IOPOLL : 0);
            sync = ioPoll ? setUp(0) : data;
            registerFile();
            registerBuffers();
        } catch (OsException e) {
            close();
            throw e;
        }
    }

    /** Newer flags first; a kernel that does not know a flag answers EINVAL. */
    private IoUring setUp(int base) throws OsException {
        int polled = base | (sqPoll ? IoUring.SETUP_SQPOLL : 0);
        if (!sqPoll) {
            int cooperative = IoUring.SETUP_COOP_TASKRUN | IoUring.SETUP_TASKRUN_FLAG;
            int single = IoUring.SETUP_SINGLE_ISSUER | IoUring.SETUP_R_DISABLED;
            IoUring ring = tryOpen(polled | cooperative | single);
            if (ring == null) {
                ring = tryOpen(polled | cooperative);
            }
            if (ring != null) {
                return ring;
            }
        }
        return IoUring.open(context.queueDepth(), 0, polled, context.sqPollIdleMs());
    }

    private IoUring tryOpen(int flags) throws OsException {
        try {
            return IoUring.open(context.queueDepth(), 0, flags, context.sqPollIdleMs());
        } catch (OsException e) {
            if (e.errno() == Errno.EINVAL) {
                return null;
            }
            throw e;
        }
    }

    private void registerFile() {
        if (!fixedFile) {
            return;
        }
        ByteBuffer descriptor = number(file.fd());
        int result = data.register(IoUring.REGISTER_FILES, BufferUtil.address(descriptor), 1);
        if (result == 0 && isSplit()) {
            result = sync.register(IoUring.REGISTER_FILES, BufferUtil.address(descriptor), 1);
        }
        if (result < 0) {
            fixedFile = false;
            notes.add("file not registered: errno=" + Errno.name(result));
        }
    }

    private void registerBuffers() {
        if (!fixedBuffers) {
            return;
        }
        int result = buffers.register(data);
        if (result < 0) {
            fixedBuffers = false;
            notes.add("buffers not registered: length=" + buffers.length() + ", errno=" + Errno.name(result)
                    + (result == -Errno.ENOMEM ? " (raise RLIMIT_MEMLOCK: ulimit -l)" : ""));
        }
    }

    private static void enable(IoUring ring) {
        if (ring.has(IoUring.SETUP_R_DISABLED)) {
            int result = ring.register(IoUring.REGISTER_ENABLE_RINGS, 0, 0);
            if (result < 0) {
                throw new IllegalStateException("io_uring enable failed: errno=" + Errno.name(result));
            }
        }
    }

    /** Only a read tells whether driver and drive have poll queues. */
    private boolean canPollDrive() throws OsException {
        int blockLength = file.geometry().blockLength();
        ByteBuffer memory = BufferUtil.allocateDirectAligned(blockLength, Math.max(blockLength, 4096));
        int result;
        try (IoUring probe = IoUring.open(1, 0, IoUring.SETUP_IOPOLL, 0)) {
            long address = BufferUtil.address(memory);
            if (!probe.push(IoUring.OP_READ, (byte) 0, file.fd(), 0, address, blockLength, 0, 0, 0)) {
                throw new IllegalStateException("io_uring probe found a full ring");
            }
            probe.submit();
            while (!probe.next()) {
                if (!probe.await()) {
                    throw new IllegalStateException("io_uring probe could not wait: " + file.describe());
                }
            }
            result = probe.completedResult();
        }
        if (result < 0) {
            notes.add("iopoll not there: errno=" + Errno.name(result));
        }
        return result >= 0;
    }

    private static ByteBuffer number(int value) {
        return BufferUtil.allocateDirectAligned(Integer.BYTES, Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(0, value);
    }
}
