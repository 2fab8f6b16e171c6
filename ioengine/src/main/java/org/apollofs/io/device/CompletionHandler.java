package org.apollofs.io.device;

/** Receives completions inside {@link BlockDevice#poll}, on the thread that polls. */
@FunctionalInterface
public interface CompletionHandler {
    /**
     * One queued operation is over; its slab belongs to the caller again. New operations may be queued from here;
     * {@code submit} and {@code poll} may not be called.
     *
     * @param token what was given when it was queued.
     * @param result the whole length for a read or a write, 0 for a sync, or -errno
     *     ({@link org.apollofs.io.os.Errno}). Never a part of the length.
     */
    void onCompletion(long token, int result);
}
