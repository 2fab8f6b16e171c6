package org.apollofs.io.chunk;

import com.google.errorprone.annotations.CheckReturnValue;
import org.apollofs.io.device.BlockDevice;

/** Something beside the device whose durability is asked for through the device's queue, so that nobody waits. */
interface SyncedFile {
    /** Queues a sync of what was written so far. @return false if the queue is full and nothing was queued. */
    @CheckReturnValue
    boolean queueSync(BlockDevice device, long token);
}
