package org.apollofs.dataplane.target;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.LongHashSet;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.TargetStatus;

/**
 * Sends a target's answers, and keeps those that a lane had no room for until it has. A lane that is slow holds up nobody
 * else's answers; there are never more of them than requests on their way, which the lanes' credit bounds.
 *
 * <p>The target's thread only. Slabs of reads are released here, when their bytes were sent or nobody wants them any more.
 */
final class TargetAnswers {

    private final LaneServer server;
    private final TargetCounters counters;
    private final int maxChecksumBytes;
    private final List<PendingAnswer> pending = new ArrayList<>();
    private final List<PendingAnswer> spare = new ArrayList<>();
    private final LongHashSet blockedLanes = new LongHashSet();
    private int readSlabs;

    /** @param chunkLength bytes of the longest chunk. */
    TargetAnswers(LaneServer server, TargetCounters counters, int chunkLength) {
        this.server = server;
        this.counters = counters;
        this.maxChecksumBytes = LaneLimits.blockCount(chunkLength) * Integer.BYTES;
    }

    /** Tries again what is left. @return answers sent or dropped. */
    int doWork() {
        if (pending.isEmpty()) {
            return 0;
        }
        blockedLanes.clear();
        int kept = 0;
        for (int i = 0; i < pending.size(); i++) {
            PendingAnswer answer = pending.get(i);
            if (blockedLanes.contains(answer.laneId()) || !isOver(answer.send(server))) {
                blockedLanes.add(answer.laneId());
                pending.set(kept++, answer);
            } else {
                if (answer.slab() != null) {
                    release(answer.slab());
                }
                answer.clear();
                spare.add(answer);
            }
        }
        int done = pending.size() - kept;
        for (int i = pending.size() - 1; i >= kept; i--) {
            pending.remove(i);
        }
        return done;
    }

    /** Whether an answer needs no more tries. */
    private boolean isOver(long status) {
        if (status == Lane.CLOSED) {
            counters.increment(TargetCounter.ANSWERS_DROPPED);
            return true;
        }
        return status > 0;
    }

    private PendingAnswer defer() {
        counters.increment(TargetCounter.ANSWERS_DEFERRED);
        PendingAnswer answer = spare.isEmpty()
                ? new PendingAnswer(maxChecksumBytes, LaneLimits.MAX_DATA_CHUNKS * Integer.BYTES)
                : spare.remove(spare.size() - 1);
        pending.add(answer);
        return answer;
    }

    void written(long laneId, long correlationId) {
        if (!isOver(server.chunkWritten(laneId, correlationId))) {
            defer().written(laneId, correlationId);
        }
    }

    void deleted(long laneId, long correlationId) {
        if (!isOver(server.chunkDeleted(laneId, correlationId))) {
            defer().deleted(laneId, correlationId);
        }
    }

    /** A slab was taken for a read: {@link #read} or {@link #release} gives it back. */
    void onReadSlab() {
        readSlabs++;
    }

    /** Slabs that reads hold now. */
    int readSlabs() {
        return readSlabs;
    }

    void read(
            long laneId,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        if (isOver(server.chunkRead(
                laneId, correlationId, slab, 0, blockOffset, length, checksums, chunkLength, stripeLengths))) {
            release(slab);
        } else {
            defer().read(laneId, correlationId, slab, blockOffset, length, checksums, chunkLength, stripeLengths);
        }
    }

    /** Gives the slab of a read back. */
    void release(Slab slab) {
        slab.release();
        readSlabs--;
    }

    void status(long laneId, long correlationId, TargetStatus status) {
        if (!isOver(server.targetStatus(laneId, correlationId, status))) {
            defer().status(laneId, correlationId, status);
        }
    }

    void list(long laneId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        if (!isOver(server.chunkList(laneId, correlationId, chunks, nextCursor))) {
            defer().list(laneId, correlationId, chunks, nextCursor);
        }
    }

    void error(long laneId, long correlationId, ErrorCode code, String message) {
        counters.increment(TargetCounter.ERRORS_ANSWERED);
        if (!isOver(server.error(laneId, correlationId, code, message))) {
            defer().error(laneId, correlationId, code, message);
        }
    }

    /** Drops what was not sent: at close. */
    void drop() {
        for (PendingAnswer answer : pending) {
            if (answer.slab() != null) {
                release(answer.slab());
            }
        }
        pending.clear();
    }
}
