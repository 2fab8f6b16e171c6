package org.apollofs.dataplane.client;

import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * One handle of an open file. Thread-safe. Each {@link DataClient#open} is paired with one {@link #release}.
 *
 * <p>Every call may throw {@link DataException}. A write that returns is visible to this host's readers, not durable:
 * {@link #fsync} and {@link #flush} make it so, or throw the first error of the writes since the last one.
 */
public interface OpenFile {
    /**
     * Writes a slab's first bytes without copying them. The slab is taken over, also when the call throws.
     *
     * @param length bytes from the slab's start, 1 to the chunk length.
     * @param listener may be told, once, before the call returns; it is not if the call throws without having told.
     */
    void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener);

    /** Writes bytes, copied once into the open chunk. */
    void write(long fileOffset, DirectBuffer source, int sourceOffset, int length);

    /** Writes at the end of the file, as O_APPEND does. @return the offset it went to. */
    long append(DirectBuffer source, int sourceOffset, int length);

    /**
     * Reads verified bytes. They stay valid until {@link ReadResult#release()}.
     *
     * @param length bytes wanted; fewer come only at the end of the file.
     */
    void read(long fileOffset, int length, ReadResult result);

    /** Cuts or extends the file, committed at once. */
    void truncate(long size);

    /** Size, uncommitted writes included. */
    long size();

    /** Makes all that was written durable, and committed for everyone. */
    void fsync();

    /** What close(2) asks for: as {@link #fsync}, if there is anything to commit. */
    void flush();

    /**
     * Ends the handle. The last one of an inode commits what is left and drops an unlinked file; it throws, ended all the
     * same, if that fails or if writes were lost that it was not told of.
     */
    void release();
}
