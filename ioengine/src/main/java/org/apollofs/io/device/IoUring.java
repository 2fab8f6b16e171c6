package org.apollofs.io.device;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OsException;

/**
 * One io_uring (io_uring(7), linux/io_uring.h): the two rings that this thread and the kernel share.
 *
 * <p>We are the only writer of the submission tail and the completion head, and store them with release; the kernel is of
 * the other two, which we load with acquire. Owned by one thread; its creator closes it.
 *
 * <pre>
 *  submission entry (64 bytes)                              completion entry (16 bytes)
 *  0    1     2      4    8        16      24   28    32   40     0    8      12
 *  +----+-----+------+----+--------+-------+----+-----+----+---+  +----+------+-----+
 *  |op  |flags|ioprio| fd | offset |address|len |flags|user|buf|  |user|result|flags|
 *  +----+-----+------+----+--------+-------+----+-----+----+---+  +----+------+-----+
 * </pre>
 */
final class IoUring implements AutoCloseable {
    static final int SETUP_IOPOLL = 1;
    static final int SETUP_SQPOLL = 1 << 1;
    static final int SETUP_CQSIZE = 1 << 3;
    static final int SETUP_CLAMP = 1 << 4;
    static final int SETUP_R_DISABLED = 1 << 6;
    static final int SETUP_COOP_TASKRUN = 1 << 8;
    static final int SETUP_TASKRUN_FLAG = 1 << 9;
    static final int SETUP_SINGLE_ISSUER = 1 << 12;

    static final byte OP_NOP = 0;
    static final byte OP_FSYNC = 3;
    static final byte OP_READ_FIXED = 4;
    static final byte OP_WRITE_FIXED = 5;
    static final byte OP_READ = 22;
    static final byte OP_WRITE = 23;
    static final byte ENTRY_FIXED_FILE = 1;
    static final int FSYNC_DATASYNC = 1;

    static final int REGISTER_BUFFERS = 0;
    static final int UNREGISTER_BUFFERS = 1;
    static final int REGISTER_FILES = 2;
    static final int UNREGISTER_FILES = 3;
    static final int REGISTER_ENABLE_RINGS = 12;

    private static final int FEATURE_SINGLE_MMAP = 1;
    private static final int FEATURE_NODROP = 1 << 1;
    private static final int ENTER_GETEVENTS = 1;
    private static final int ENTER_SQ_WAKEUP = 1 << 1;
    private static final int SQ_NEED_WAKEUP = 1;
    private static final int SQ_CQ_OVERFLOW = 1 << 1;
    private static final int SQ_TASKRUN = 1 << 2;

    private static final int PARAMS_LENGTH = 120;
    private static final int PARAMS_SQ_OFFSETS = 40;
    private static final int PARAMS_CQ_OFFSETS = 80;
    private static final long MMAP_SQ_RING = 0;
    private static final long MMAP_SQ_ENTRIES = 0x10000000L;
    private static final int SQE_LENGTH = 64;
    private static final int CQE_LENGTH = 16;

    private final int fd;
    private final int setupFlags;
    private final long ringAddress;
    private final int ringLength;
    private final long entriesAddress;
    private final int entriesLength;
    /** Both rings: kernels since 5.4 map them as one. */
    private final UnsafeBuffer ring;

    private final UnsafeBuffer entries;
    private final int sqHeadOffset;
    private final int sqTailOffset;
    private final int sqFlagsOffset;
    private final int sqMask;
    private final int cqHeadOffset;
    private final int cqTailOffset;
    private final int cqEntriesOffset;
    private final int cqMask;
    private int sqTail;
    private int cqHead;
    private long completedUserData;
    private int completedResult;

    private IoUring(int fd, ByteBuffer params) throws OsException {
        this.fd = fd;
        this.setupFlags = params.getInt(8);
        int sqEntries = params.getInt(0);
        int cqEntries = params.getInt(4);
        int sq = PARAMS_SQ_OFFSETS;
        int cq = PARAMS_CQ_OFFSETS;
        int arrayOffset = params.getInt(sq + 24);
        cqEntriesOffset = params.getInt(cq + 20);
        ringLength = Math.max(arrayOffset + sqEntries * Integer.BYTES, cqEntriesOffset + cqEntries * CQE_LENGTH);
        entriesLength = sqEntries * SQE_LENGTH;
        ringAddress = map(fd, ringLength, MMAP_SQ_RING);
        try {
            entriesAddress = map(fd, entriesLength, MMAP_SQ_ENTRIES);
        } catch (OsException e) {
            Libc.munmap(ringAddress, ringLength);
            throw e;
        }
        ring = new UnsafeBuffer(ringAddress, ringLength);
        entries = new UnsafeBuffer(entriesAddress, entriesLength);
        sqHeadOffset = params.getInt(sq);
        sqTailOffset = params.getInt(sq + 4);
        sqMask = ring.getInt(params.getInt(sq + 8));
        sqFlagsOffset = params.getInt(sq + 16);
        cqHeadOffset = params.getInt(cq);
        cqTailOffset = params.getInt(cq + 4);
        cqMask = ring.getInt(params.getInt(cq + 8));
        for (int i = 0; i < sqEntries; i++) {
            ring.putInt(arrayOffset + i * Integer.BYTES, i);
        }
    }

    /**
     * Sets up a ring.
     *
     * @param sqEntries submission entries, rounded up to a power of two by the kernel.
     * @param cqEntries completion entries, or 0 for twice the submission entries.
     * @param flags SETUP_*.
     * @param sqIdleMs for SETUP_SQPOLL.
     * @throws OsException if the kernel refuses, with its error number: ENOSYS, EPERM, EINVAL (a flag it does not know).
     */
    static IoUring open(int sqEntries, int cqEntries, int flags, int sqIdleMs) throws OsException {
        ByteBuffer params =
                BufferUtil.allocateDirectAligned(PARAMS_LENGTH, Long.BYTES).order(ByteOrder.nativeOrder());
        params.putInt(8, flags | SETUP_CLAMP | (cqEntries > 0 ? SETUP_CQSIZE : 0));
        params.putInt(4, cqEntries);
        params.putInt(16, sqIdleMs);
        int fd = Libc.ioUringSetup(sqEntries, BufferUtil.address(params));
        if (fd < 0) {
            throw new OsException("io_uring_setup failed: entries=" + sqEntries + ", flags=" + flags, fd);
        }
        int needed = FEATURE_SINGLE_MMAP | FEATURE_NODROP;
        try {
            if ((params.getInt(20) & needed) != needed) {
                throw new OsException("io_uring of this kernel is too old (before 5.5)", Errno.ENOSYS);
            }
            return new IoUring(fd, params);
        } catch (OsException e) {
            Libc.close(fd);
            throw e;
        }
    }

    private static long map(int fd, int length, long offset) throws OsException {
        long address =
                Libc.mmap(0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, fd, offset);
        if (address < 0) {
            throw new OsException("io_uring mmap failed: length=" + length, (int) address);
        }
        return address;
    }

    /** Registers something; returns 0 or -errno. */
    int register(int operation, long argument, int count) {
        return Libc.ioUringRegister(fd, operation, argument, count);
    }

    /** True if the ring was made with a flag. */
    boolean has(int flag) {
        return (setupFlags & flag) != 0;
    }

    /**
     * Writes the next submission entry, which the kernel sees at the next {@link #submit}.
     *
     * @param entryFlags 0 or {@link #ENTRY_FIXED_FILE}.
     * @param operationFlags flags of a read, write or fsync.
     * @param bufferIndex registered buffer, for the fixed operations.
     * @return false if the ring is full.
     */
    boolean push(
            byte operation,
            byte entryFlags,
            int target,
            long offset,
            long address,
            int length,
            int operationFlags,
            long userData,
            int bufferIndex) {
        if (sqTail - ring.getIntAcquire(sqHeadOffset) > sqMask) {
            return false;
        }
        int at = (sqTail & sqMask) * SQE_LENGTH;
        entries.putLong(at, 0);
        entries.putByte(at, operation);
        entries.putByte(at + 1, entryFlags);
        entries.putInt(at + 4, target);
        entries.putLong(at + 8, offset);
        entries.putLong(at + 16, address);
        entries.putInt(at + 24, length);
        entries.putInt(at + 28, operationFlags);
        entries.putLong(at + 32, userData);
        entries.putLong(at + 40, bufferIndex);
        entries.putLong(at + 48, 0);
        entries.putLong(at + 56, 0);
        sqTail++;
        return true;
    }

    /** Entries that were pushed and the kernel has not taken yet. */
    int unsubmitted() {
        return sqTail - ring.getIntAcquire(sqHeadOffset);
    }

    /** Entries that the kernel has, or with SETUP_SQPOLL is about to take, and has not completed to us. */
    int inFlight() {
        int taken = has(SETUP_SQPOLL) ? ring.getIntOpaque(sqTailOffset) : ring.getIntAcquire(sqHeadOffset);
        return taken - cqHead;
    }

    /**
     * Gives what was pushed to the kernel, in one call. What it does not take for the moment (EAGAIN, EBUSY, EINTR) stays
     * for the next call.
     *
     * @return entries the kernel took, or with SETUP_SQPOLL will take.
     * @throws IllegalStateException if the kernel refuses in another way, which is a bug.
     */
    int submit() {
        int published = ring.getIntOpaque(sqTailOffset);
        ring.putIntRelease(sqTailOffset, sqTail);
        if (has(SETUP_SQPOLL)) {
            // The tail's store must be seen before the flag is read, or both sides could fall asleep.
            VarHandle.fullFence();
            if ((ring.getIntOpaque(sqFlagsOffset) & SQ_NEED_WAKEUP) != 0) {
                enter(0, ENTER_SQ_WAKEUP);
            }
            return sqTail - published;
        }
        int waiting = unsubmitted();
        return waiting > 0 ? enter(waiting, 0) : 0;
    }

    /** Lets the kernel post completions where it waits for us to call: deferred work, overflow, or polled drives. */
    void reap(boolean force) {
        if (force || (ring.getIntOpaque(sqFlagsOffset) & (SQ_TASKRUN | SQ_CQ_OVERFLOW)) != 0) {
            enter(0, ENTER_GETEVENTS);
        }
    }

    /** Waits in the kernel for one completion. False if it cannot wait (not our ring any more): come back later. */
    boolean await() {
        int result = Libc.ioUringEnter(fd, 0, 1, ENTER_GETEVENTS);
        return result >= 0 || Errno.isTransient(result);
    }

    /** Takes the next completion, if there is one; then {@link #completedUserData} and {@link #completedResult}. */
    boolean next() {
        if (cqHead == ring.getIntAcquire(cqTailOffset)) {
            return false;
        }
        int at = cqEntriesOffset + (cqHead & cqMask) * CQE_LENGTH;
        completedUserData = ring.getLong(at);
        completedResult = ring.getInt(at + 8);
        cqHead++;
        ring.putIntRelease(cqHeadOffset, cqHead);
        return true;
    }

    long completedUserData() {
        return completedUserData;
    }

    int completedResult() {
        return completedResult;
    }

    private int enter(int toSubmit, int flags) {
        int result = Libc.ioUringEnter(fd, toSubmit, 0, flags);
        if (result < 0 && !Errno.isTransient(result) && result != -Errno.EBUSY) {
            throw new IllegalStateException(
                    "io_uring_enter failed: toSubmit=" + toSubmit + ", errno=" + Errno.name(result));
        }
        return Math.max(result, 0);
    }

    @Override
    public void close() {
        // Closing alone leaves files open and memory pinned until the kernel finds time; refused where another thread
        // closes.
        register(UNREGISTER_FILES, 0, 0);
        register(UNREGISTER_BUFFERS, 0, 0);
        Libc.munmap(entriesAddress, entriesLength);
        Libc.munmap(ringAddress, ringLength);
        Libc.close(fd);
    }
}
