package org.apollofs.namespace.cluster;

import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.agrona.concurrent.NanoClock;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.command.NamespaceReads;
import org.apollofs.namespace.state.LocalReads;

/**
 * Reads from the tables of the only member, which may be started again in the process. While it is, they wait: until its tables have
 * all that was in the log, so that no read misses what was acknowledged before. Thread-safe.
 */
final class SwitchedReads implements NamespaceReads {
    private static final long PARK_NS = 1_000_000;

    private final NanoClock clock;
    private final long deadlineNs;
    /** Null while no member is there. */
    private volatile NamespaceMember member;

    private volatile boolean isClosed;

    /** @param deadlineNs how long a read waits for a member, of the time in which this process is awake. */
    SwitchedReads(NanoClock clock, long deadlineNs) {
        this.clock = clock;
        this.deadlineNs = deadlineNs;
    }

    /** Reads go to this member from now on; null: they wait. */
    void to(NamespaceMember now) {
        member = now;
    }

    /** No member comes any more. */
    void close() {
        isClosed = true;
    }

    private <T> T ask(Function<LocalReads, T> question) {
        return ask(question, () -> true);
    }

    /** @param mayRepeat whether nothing has come of the question yet. */
    private <T> T ask(Function<LocalReads, T> question, BooleanSupplier mayRepeat) {
        AwakeClock waited = null;
        while (true) {
            NamespaceMember asked = member;
            if (asked != null && asked.isCaughtUp()) {
                try {
                    return question.apply(asked.reads());
                } catch (NamespaceException e) {
                    // Of a member that has stopped the answer is another's to give.
                    if (member == asked || !mayRepeat.getAsBoolean() || e.error() != NamespaceError.UNAVAILABLE) {
                        throw e;
                    }
                }
            }
            waited = waited == null ? new AwakeClock(clock) : waited;
            if (isClosed || waited.look() > deadlineNs) {
                throw new NamespaceException(
                        NamespaceError.UNAVAILABLE, "the namespace's member is being started again");
            }
            LockSupport.parkNanos(this, PARK_NS);
        }
    }

    @Override
    public Inode lookup(long parent, byte[] name) {
        return ask(reads -> reads.lookup(parent, name));
    }

    @Override
    public Inode getAttributes(long inode) {
        return ask(reads -> reads.getAttributes(inode));
    }

    @Override
    public DirectoryPage readDirectory(long directory, byte[] after, int limit) {
        return ask(reads -> reads.readDirectory(directory, after, limit));
    }

    @Override
    public FileContent readContent(long inode) {
        return ask(reads -> reads.readContent(inode));
    }

    @Override
    public KeyValue.Value get(byte[] path) {
        return ask(reads -> reads.get(path));
    }

    @Override
    public PlacementTable placementAfter(int id) {
        return ask(reads -> reads.placementAfter(id));
    }

    @Override
    public List<FreedRun> freedRuns(int limit) {
        return ask(reads -> reads.freedRuns(limit));
    }

    @Override
    public List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode) {
        return ask(reads -> reads.liveExtents(afterInode, inodeLimit, lastInode));
    }

    @Override
    public OpenSessions sessions() {
        return ask(LocalReads::sessions);
    }

    @Override
    public long inodeCount() {
        return ask(LocalReads::inodeCount);
    }

    @Override
    public KeyPage scan(byte[] prefix, byte[] after, int limit, boolean keysOnly) {
        return ask(reads -> reads.scan(prefix, after, limit, keysOnly));
    }

    @Override
    public ChangeLog.Reached changes(
            long from, byte[] prefix, int limit, boolean mayBeStale, ChangeView.Handler handler) {
        boolean[] isHandedOut = {false};
        ChangeView.Handler once = change -> {
            isHandedOut[0] = true;
            handler.onChange(change);
        };
        return ask(reads -> reads.changes(from, prefix, limit, mayBeStale, once), () -> !isHandedOut[0]);
    }

    @Override
    public ChangeLog.Range changeRange() {
        return ask(LocalReads::changeRange);
    }

    @Override
    public long consumerOffset(byte[] name) {
        return ask(reads -> reads.consumerOffset(name));
    }

    @Override
    public Map<String, Long> consumers() {
        return ask(LocalReads::consumers);
    }

    @Override
    public byte[] xattr(long inode, byte[] name) {
        return ask(reads -> reads.xattr(inode, name));
    }

    @Override
    public List<byte[]> xattrNames(long inode) {
        return ask(reads -> reads.xattrNames(inode));
    }
}
