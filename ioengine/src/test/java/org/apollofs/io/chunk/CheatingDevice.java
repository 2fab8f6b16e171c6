package org.apollofs.io.chunk;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.CompletionHandler;

/** Stands for a store that is wrong about order or durability: it tells of things that have not happened. */
final class CheatingDevice implements BlockDevice {
    enum Cheat {
        /** Syncs of the device are said to be done, and are not even begun. */
        NO_DATA_SYNC,
        /** So are those of the journal and snapshots. */
        NO_JOURNAL_SYNC,
        /** Writes are said to be done as soon as they are handed over: the journal gets ahead of the data. */
        EARLY_WRITES
    }

    private final BlockDevice device;
    private final Cheat cheat;
    private final ArrayDeque<long[]> early = new ArrayDeque<>();
    private final Set<Long> told = new HashSet<>();

    CheatingDevice(BlockDevice device, Cheat cheat) {
        this.device = device;
        this.cheat = cheat;
    }

    @Override
    public boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        boolean queued = device.queueWrite(token, deviceOffset, slab, slabOffset, length);
        if (queued && cheat == Cheat.EARLY_WRITES && Token.kind(token) == Token.WRITE) {
            early.add(new long[] {token, length});
            told.add(token);
        }
        return queued;
    }

    @Override
    public boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return device.queueRead(token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueSync(long token) {
        return cheat == Cheat.NO_DATA_SYNC ? early.add(new long[] {token, 0}) : device.queueSync(token);
    }

    @Override
    public boolean queueSync(long token, int fileDescriptor) {
        return cheat == Cheat.NO_JOURNAL_SYNC
                ? early.add(new long[] {token, 0})
                : device.queueSync(token, fileDescriptor);
    }

    @Override
    public int submit() {
        return device.submit();
    }

    @Override
    public int poll(CompletionHandler handler) {
        int count = 0;
        for (int i = early.size(); i > 0; i--) {
            long[] completion = early.remove();
            handler.onCompletion(completion[0], (int) completion[1]);
            count++;
        }
        return count
                + device.poll((token, result) -> {
                    if (!told.remove(token)) {
                        handler.onCompletion(token, result);
                    }
                });
    }

    @Override
    public int pending() {
        return device.pending();
    }

    @Override
    public int queueDepth() {
        return device.queueDepth();
    }

    @Override
    public long capacity() {
        return device.capacity();
    }

    @Override
    public int logicalBlockSize() {
        return device.logicalBlockSize();
    }

    @Override
    public String describe() {
        return "cheating " + device.describe();
    }

    @Override
    public void close() {
        device.close();
    }
}
