package org.apollofs.io.device.fault;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.CompletionHandler;
import org.apollofs.io.device.DeviceGeometry;
import org.apollofs.io.os.Errno;

/**
 * The block device of a {@link FaultyDisk}. An operation does its work at the moment it is due, in the call of poll that
 * delivers it; a power cut before that leaves some of its sectors written. Allocates freely.
 */
final class FaultyDevice implements BlockDevice {
    private static final int OWN_FILE = -1;

    private final FaultyDisk disk;
    private final DeviceGeometry geometry;
    private final int queueDepth;
    private final List<Operation> queued = new ArrayList<>();
    private final List<Operation> inFlight = new ArrayList<>();
    private final ArrayDeque<Operation> completed = new ArrayDeque<>();
    private boolean dead;
    private boolean closed;
    private long polls;

    FaultyDevice(FaultyDisk disk, int queueDepth) {
        this.disk = disk;
        this.geometry = disk.geometry();
        this.queueDepth = queueDepth;
    }

    boolean isAlive() {
        return !dead && !closed;
    }

    /** The power is gone: what was in flight may have landed, sector by sector, and nothing is answered any more. */
    void die() {
        for (Operation operation : inFlight) {
            if (operation.kind == Kind.WRITE) {
                writeSectors(operation, operation.length, 1);
            }
        }
        inFlight.addAll(queued);
        queued.clear();
        completed.addAll(inFlight);
        inFlight.clear();
        for (Operation operation : completed) {
            operation.result = -Errno.ENODEV;
        }
        dead = true;
    }

    @Override
    public boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        geometry.check(deviceOffset, slab, slabOffset, length);
        return queue(Operation.transfer(token, Kind.WRITE, deviceOffset, slab, slabOffset, length));
    }

    @Override
    public boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        geometry.check(deviceOffset, slab, slabOffset, length);
        return queue(Operation.transfer(token, Kind.READ, deviceOffset, slab, slabOffset, length));
    }

    @Override
    public boolean queueSync(long token) {
        return queueSync(token, OWN_FILE);
    }

    @Override
    public boolean queueSync(long token, int fileDescriptor) {
        Operation operation = new Operation(token, Kind.SYNC);
        operation.fileDescriptor = fileDescriptor;
        operation.covered = disk.sectors().deliveries();
        return queue(operation);
    }

    private boolean queue(Operation operation) {
        if (closed) {
            throw new IllegalStateException("block device used after close: " + geometry.name());
        }
        if (pending() == queueDepth) {
            return false;
        }
        queued.add(operation);
        return true;
    }

    @Override
    public int submit() {
        int count = queued.size();
        for (Operation operation : queued) {
            if (dead) {
                operation.result = -Errno.ENODEV;
                completed.add(operation);
            } else {
                start(operation);
            }
        }
        queued.clear();
        return count;
    }

    @Override
    public int poll(CompletionHandler handler) {
        polls++;
        Operation due = nextDue();
        while (due != null) {
            inFlight.remove(due);
            execute(due);
            due = nextDue();
        }
        int count = 0;
        while (!completed.isEmpty()) {
            Operation operation = completed.removeFirst();
            count++;
            if (operation.kind == Kind.WRITE && operation.result > 0) {
                disk.sectors().onDelivered(operation.write);
            }
            handler.onCompletion(operation.token, operation.result);
        }
        return count;
    }

    /** The first that is due, of those that are due at one time the first that was submitted; null if none. */
    private Operation nextDue() {
        Operation first = null;
        for (Operation operation : inFlight) {
            boolean isDue = operation.due <= now() && operation.firstPoll <= polls;
            if (isDue && (first == null || operation.due < first.due)) {
                first = operation;
            }
        }
        return first;
    }

    private long now() {
        return disk.plan().clock() == null ? polls : disk.plan().clock().nanoTime();
    }

    private void execute(Operation operation) {
        FaultPlan plan = disk.plan();
        if (plan.broken()) {
            complete(operation, -Errno.EIO);
            return;
        }
        switch (operation.kind) {
            case SYNC -> executeSync(operation);
            case READ -> executeRead(operation);
            case WRITE -> executeWrite(operation);
        }
    }

    private void executeSync(Operation operation) {
        boolean fails = disk.happens(disk.plan().syncErrorRate());
        if (operation.fileDescriptor != OWN_FILE) {
            complete(operation, fails ? -Errno.EIO : disk.syncForeign(operation.fileDescriptor));
        } else if (fails) {
            disk.sectors().abandon(operation.covered);
            complete(operation, -Errno.EIO);
        } else {
            disk.sectors().makeDurable(operation.covered);
            complete(operation, 0);
        }
    }

    private void executeRead(Operation operation) {
        boolean fails = disk.happens(disk.plan().readErrorRate());
        int end = fails ? operation.length / 2 & -geometry.blockLength() : partEnd(operation);
        for (int at = operation.done; at < end; at += geometry.blockLength()) {
            disk.sectors().read(operation.deviceOffset + at, operation.slab.buffer(), operation.slabOffset + at);
        }
        if (fails) {
            complete(operation, -Errno.EIO);
        } else if (!goesOn(operation, end)) {
            if (disk.happens(disk.plan().readCorruptionRate())) {
                int at = operation.slabOffset + disk.choose(operation.length);
                int flipped = operation.slab.buffer().getByte(at) ^ 1 << disk.choose(8);
                operation.slab.buffer().putByte(at, (byte) flipped);
            }
            complete(operation, operation.length);
        }
    }

    private void executeWrite(Operation operation) {
        FaultPlan plan = disk.plan();
        if (plan.full()) {
            complete(operation, -Errno.ENOSPC);
        } else if (disk.happens(plan.writeErrorRate())) {
            writeSectors(operation, operation.length, 0.5);
            complete(operation, -Errno.EIO);
        } else if (disk.happens(plan.lostWriteRate())) {
            complete(operation, operation.length);
        } else {
            int end = partEnd(operation);
            writeSectors(operation, end, 1);
            if (!goesOn(operation, end)) {
                if (disk.happens(plan.writeCorruptionRate())) {
                    disk.flipSomeBit(operation.deviceOffset, operation.length);
                }
                complete(operation, operation.length);
            }
        }
    }

    /** Writes sectors from what is done to an end, each with a chance. */
    private void writeSectors(Operation operation, int end, double rate) {
        for (int at = operation.done; at < end; at += geometry.blockLength()) {
            if (rate == 1 || disk.happens(rate)) {
                disk.sectors()
                        .write(
                                operation.deviceOffset + at,
                                operation.slab.buffer(),
                                operation.slabOffset + at,
                                operation.write);
            }
        }
    }

    private int partEnd(Operation operation) {
        int sectors = (operation.length - operation.done) / geometry.blockLength();
        if (sectors > 1 && disk.happens(disk.plan().shortTransferRate())) {
            return operation.done + (1 + disk.choose(sectors - 1)) * geometry.blockLength();
        }
        return operation.length;
    }

    private boolean goesOn(Operation operation, int end) {
        operation.done = end;
        if (end == operation.length) {
            return false;
        }
        start(operation);
        return true;
    }

    /** An operation is never due before the poll after its start. */
    private void start(Operation operation) {
        operation.due = now() + disk.delay();
        operation.firstPoll = polls + 1;
        inFlight.add(operation);
    }

    private void complete(Operation operation, int result) {
        operation.result = result;
        completed.add(operation);
    }

    @Override
    public int pending() {
        return queued.size() + inFlight.size() + completed.size();
    }

    @Override
    public int queueDepth() {
        return queueDepth;
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
        return geometry.name() + ", capacity=" + geometry.capacity() + ", block=" + geometry.blockLength()
                + ", queueDepth=" + queueDepth + ", in memory";
    }

    /** As a kernel does, it finishes what was submitted. */
    @Override
    public void close() {
        queued.clear();
        while (!inFlight.isEmpty()) {
            execute(inFlight.removeFirst());
        }
        for (Operation operation : completed) {
            if (operation.kind == Kind.WRITE && operation.result > 0) {
                disk.sectors().onDelivered(operation.write);
            }
        }
        completed.clear();
        closed = true;
    }

    private enum Kind {
        READ,
        WRITE,
        SYNC
    }

    /** One operation from queueing to delivery. */
    private static final class Operation {
        final long token;
        final Kind kind;
        final SectorStore.Write write = new SectorStore.Write();
        long deviceOffset;
        Slab slab;
        int slabOffset;
        int length;
        int done;
        int fileDescriptor;
        long covered;
        long due;
        long firstPoll;
        int result;

        Operation(long token, Kind kind) {
            this.token = token;
            this.kind = kind;
        }

        static Operation transfer(long token, Kind kind, long deviceOffset, Slab slab, int slabOffset, int length) {
            Operation operation = new Operation(token, kind);
            operation.deviceOffset = deviceOffset;
            operation.slab = slab;
            operation.slabOffset = slabOffset;
            operation.length = length;
            return operation;
        }
    }
}
