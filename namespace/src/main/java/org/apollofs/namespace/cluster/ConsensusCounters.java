package org.apollofs.namespace.cluster;

import io.aeron.AeronCounters;
import io.aeron.CncFileDescriptor;
import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.ElectionState;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusterCounters;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntToLongFunction;
import org.agrona.DirectBuffer;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * What a member's consensus module counts, for everyone but itself: role, election, positions, snapshots, and the switch that asks
 * for one.
 *
 * <p>The counters that its context gives out lie in a mapping of the module's own Aeron client. That is unmapped by the module's
 * thread whenever it ends, also by itself, and who reads a counter then ends the process by a SIGSEGV. So they are never used:
 * here is a mapping of the same file of the driver, which ends with {@link #close()} and waits for whoever reads. A counter whose
 * owner is gone is {@link #GONE}.
 *
 * <p>Any thread; closing more than once is allowed.
 */
final class ConsensusCounters implements AutoCloseable {
    /** Value of a counter that is not there: not yet, or not any more. */
    static final long GONE = -1;

    private final int clusterId;
    private final MappedByteBuffer mapped;
    private final UnsafeBuffer values;
    private final CountersReader counters;
    private final ReentrantReadWriteLock mapping = new ReentrantReadWriteLock();
    private boolean isClosed;

    /** @param aeronDirectory of a driver that runs. */
    ConsensusCounters(String aeronDirectory, int clusterId) {
        this.clusterId = clusterId;
        mapped = IoUtil.mapExistingFile(
                Path.of(aeronDirectory, CncFileDescriptor.CNC_FILE).toFile(), "counters");
        DirectBuffer metaData = CncFileDescriptor.createMetaDataBuffer(mapped);
        values = CncFileDescriptor.createCountersValuesBuffer(mapped, metaData);
        counters = new CountersReader(CncFileDescriptor.createCountersMetaDataBuffer(mapped, metaData), values);
    }

    /** Whether there is a consensus module on this driver. */
    boolean isPresent() {
        return value(AeronCounters.CLUSTER_CONSENSUS_MODULE_STATE_TYPE_ID) != GONE;
    }

    /** What this member is; a follower where its consensus module is gone. */
    Cluster.Role role() {
        long code = value(AeronCounters.CLUSTER_NODE_ROLE_TYPE_ID);
        return code == GONE ? Cluster.Role.FOLLOWER : Cluster.Role.get(code);
    }

    /** How far an election is: closed where there is none; null where the consensus module is gone. */
    ElectionState election() {
        long code = value(AeronCounters.CLUSTER_ELECTION_STATE_TYPE_ID);
        return code == GONE ? null : ElectionState.get(code);
    }

    /** Whether this member leads, and no election is on. */
    boolean isLeader() {
        return role() == Cluster.Role.LEADER;
    }

    /** Position in the log up to which it is committed, or {@link #GONE}. */
    long commitPosition() {
        return value(AeronCounters.CLUSTER_COMMIT_POSITION_TYPE_ID);
    }

    /** Snapshots taken since the consensus module started, or {@link #GONE}. */
    long snapshots() {
        return value(AeronCounters.CLUSTER_SNAPSHOT_COUNTER_TYPE_ID);
    }

    /** Asks the consensus module for something. @return false if it is gone, or busy with what was asked before. */
    boolean toggle(ClusterControl.ToggleState to) {
        return with(
                        AeronCounters.CLUSTER_CONTROL_TOGGLE_TYPE_ID,
                        id -> to.toggle(new AtomicCounter(values, id)) ? 1 : 0)
                == 1;
    }

    private long value(int type) {
        return with(type, counters::getCounterValue);
    }

    private long with(int type, IntToLongFunction use) {
        mapping.readLock().lock();
        try {
            if (isClosed) {
                return GONE;
            }
            int id = ClusterCounters.find(counters, type, clusterId);
            if (id == CountersReader.NULL_COUNTER_ID) {
                return GONE;
            }
            long owner = counters.getCounterRegistrationId(id);
            long result = use.applyAsLong(id);
            // A place is another counter's a second after it was freed, at the earliest.
            boolean isSame = counters.getCounterState(id) == CountersReader.RECORD_ALLOCATED
                    && counters.getCounterTypeId(id) == type
                    && counters.getCounterRegistrationId(id) == owner;
            return isSame ? result : GONE;
        } finally {
            mapping.readLock().unlock();
        }
    }

    @Override
    public void close() {
        mapping.writeLock().lock();
        try {
            if (!isClosed) {
                isClosed = true;
                IoUtil.unmap(mapped);
            }
        } finally {
            mapping.writeLock().unlock();
        }
    }
}
