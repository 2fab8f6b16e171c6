package org.apollofs.dataplane.client;

import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * One handle of an open file. Thread-safe. Each {@link DataClient#open} is paired with one {@link #release}.
 *
 * <p>Every call may throw {@link DataException}. A write that returns is visible to this host's readers, not durable:
 * {@link #fsync} and {@link #flush} make it so. Where that fails, the file is what it was before the write, and each handle
 * of the file is told once by its next write, and once by its next fsync, or flush if that comes first: a write can hide the
 * error, as the kernel makes a short one of several requests of which a later one fails.
 */
public interface OpenFile {
    /**
     * Writes a slab's first bytes without copying them. The slab is taken over, also when the call throws.
     *
     * @param length bytes from the slab's start, 1 to the chunk length.
     * @param listener may be told, once, before the call returns; it is not if the call throws without having told.
     * @throws DataException also after some of the bytes were taken: {@link DataException#bytesWritten}. The next
     *     {@link #fsync} of this handle fails once more with the same error.
     */
    void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener);

    /** Writes bytes, copied once into the open chunk. @throws DataException as {@link #writeSlab}. */
    void write(long fileOffset, DirectBuffer source, int sourceOffset, int length);

    /** The next write of this handle tells of no loss so far: it is the kernel's, which would lose its pages with the answer. */
    default void passOverLoss() {}

    /** Writes at the end of the file, as O_APPEND does. @return the offset it went to. @throws DataException likewise. */
    long append(DirectBuffer source, int sourceOffset, int length);

    /**
     * Reads verified bytes. They stay valid until {@link ReadResult#release()}.
     *
     * @param length bytes wanted; fewer come only at the end of the file.
     */
    void read(long fileOffset, int length, ReadResult result);

    /** Cuts or extends the file, committed at once. Tells of no lost writes. */
    void truncate(long size);

    /** Size, uncommitted writes included. */
    long size();

    /** Makes all that was written durable, and committed for everyone. */
    void fsync();

    /** As {@link #fsync} for a write that is to be durable when it returns (O_SYNC): what it throws counts as told by a write. */
    default void syncWrite() {
        fsync();
    }

    /** Commits what can be, for calls that are not about data: tells of no lost writes. */
    default void commit() {
        fsync();
    }

    /** What close(2) asks for: as {@link #fsync}, if there is anything to commit. Writes that were refused it does not tell of. */
    void flush();

    /**
     * Ends the handle. The last one of an inode commits what is left and drops an unlinked file; it throws, ended all the
     * same, if that fails or if writes were lost that no fsync or flush of this handle has told of.
     */
    void release();
}
