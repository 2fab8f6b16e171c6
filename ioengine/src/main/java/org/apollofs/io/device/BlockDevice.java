package org.apollofs.io.device;

import com.google.errorprone.annotations.CheckReturnValue;
import org.apollofs.io.buffer.Slab;

/**
 * A file or raw device with an asynchronous queue, past the page cache.
 *
 * <p>One thread owns a device at a time: it queues, submits and polls. Another may take over when nothing is queued or in
 * flight (the hand-over itself must be ordered by the caller, as starting a thread does). {@link BlockDevices#open} makes
 * one; who opened it closes it.
 *
 * <p>Order: operations in flight are not ordered among themselves, whatever their offsets. Durability: a write is durable
 * when a sync that was queued <em>after the write's completion was polled</em> has completed with 0.
 *
 * <p>Offsets and lengths are multiples of {@link #logicalBlockSize()}, in slabs as on the device. A breach, or a range past
 * {@link #capacity()}, is a bug of the caller and throws; what the disk does wrong comes back as a result.
 */
public interface BlockDevice extends AutoCloseable {
    /**
     * Queues a write. The slab must not change, and stays with the device, until the completion.
     *
     * @param token comes back with the completion; the device does not look at it.
     * @param deviceOffset bytes from the start of the device.
     * @param slab source.
     * @param slabOffset bytes from the start of the slab.
     * @param length bytes, at least one block.
     * @return false if the queue is full and nothing was queued: submit, poll, try again.
     */
    @CheckReturnValue
    boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length);

    /** Queues a read into a slab; otherwise as {@link #queueWrite}. A hole or never written block reads as it comes. */
    @CheckReturnValue
    boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length);

    /**
     * Queues a sync of the device's data.
     *
     * @return false if the queue is full and nothing was queued.
     */
    @CheckReturnValue
    boolean queueSync(long token);

    /**
     * Queues a data sync of another open file, such as a memory-mapped journal (whose dirty pages it writes back).
     *
     * @param fileDescriptor stays open until the completion.
     * @return false if the queue is full and nothing was queued.
     */
    @CheckReturnValue
    boolean queueSync(long token, int fileDescriptor);

    /**
     * Hands what is queued to the disk, all at once. Never waits for the disk, except on a device that says in
     * {@link #describe} that it does its work here.
     *
     * @return operations handed over by this call.
     */
    int submit();

    /**
     * Delivers completions; does not wait for any. An exception of the handler passes through and loses no other
     * completion.
     *
     * @return completions delivered.
     */
    int poll(CompletionHandler handler);

    /** Operations queued or handed over and not yet delivered by {@link #poll}. */
    int pending();

    /** How many operations may be pending. */
    int queueDepth();

    /** Times that an operation, or the rest of one, was handed over again: short transfers, EINTR, EAGAIN. A counter. */
    default long retryCount() {
        return 0;
    }

    /** Usable bytes: a multiple of {@link #logicalBlockSize()}. */
    long capacity();

    /** Granule in bytes of offsets and lengths. */
    int logicalBlockSize();

    /** One line for people: path, backend, options, and what was asked for and is not there. */
    String describe();

    /**
     * Waits until the disk is done with what was handed over (its completions are dropped), and closes. By the owner, or
     * by another thread once the owner has stopped. Nothing is synced.
     */
    @Override
    void close();
}
