package org.apollofs.io.chunk;

import com.lmax.disruptor.RingBuffer;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.device.BlockDevice;

/** What the stages of one store share. The store owns and closes all of it. */
record StoreParts(
        Superblock superblock,
        BlockDevice device,
        RingBuffer<WriteSlot> ring,
        ChunkIndex index,
        SpaceAllocator space,
        ChunkJournal journal,
        ServiceState state,
        StoreCounters counters,
        StageTimes times,
        NanoClock clock,
        ChunkStoreHandler handler) {
    /** Entries of the device's queue that reads and writes leave to syncs, so that no load keeps a commit waiting. */
    static final int RESERVED_FOR_SYNCS = 4;

    /** Whether a read or write may be queued now. */
    boolean deviceHasRoom() {
        return device.pending() < device.queueDepth() - RESERVED_FOR_SYNCS;
    }

    int targetId() {
        return superblock.targetId();
    }
}
