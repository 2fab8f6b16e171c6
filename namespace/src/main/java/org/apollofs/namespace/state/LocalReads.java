package org.apollofs.namespace.state;

import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
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
import org.apollofs.namespace.command.ChangeRecord;
import org.apollofs.namespace.command.NamespaceReads;
import org.lmdbjava.Txn;

/**
 * Reads in the process of the state, from LMDB's last committed transaction. Thread-safe; readers do not wait for each other;
 * for the writer only while the map grows, or when it has answered commands of a transaction that is not committed yet.
 *
 * <p>Linearizable with a cluster of one member: the state applies only what is in the log for good, a read waits for the
 * commit of whatever was answered when it began, and there is no other member that could have answered something newer. So
 * a read that begins after an answer sees the change, and what a read has seen no later read misses. With more members a
 * follower may lag, and a leader may have been deposed without knowing: there a read needs a barrier in the log first.
 */
public final class LocalReads implements NamespaceReads, AutoCloseable {
    /** Read transactions kept for reuse: beyond, they are made and closed by the call. */
    private static final int POOLED = 64;

    private static final byte[] NO_BYTES = {};

    private static final int UNBOUNDED = Integer.MAX_VALUE;

    /** Buffers for pages of changes that are kept for reuse. */
    private static final int PAGES = 4;

    private final Tables tables;
    private final ManyToManyConcurrentArrayQueue<Reader> idle = new ManyToManyConcurrentArrayQueue<>(POOLED);
    private final ManyToManyConcurrentArrayQueue<ExpandableDirectByteBuffer> pages =
            new ManyToManyConcurrentArrayQueue<>(PAGES);
    /** Held shared by readers; exclusively while the map grows, when no transaction may be active. */
    private final StampedLock growth = new StampedLock();

    private final Commits commits = new Commits();
    private volatile boolean isClosed;

    LocalReads(Tables tables) {
        this.tables = tables;
    }

    /** A read transaction with its scratch buffers. */
    private static final class Reader {
        private final Txn<DirectBuffer> txn;
        private final StateReader state;
        private final ChangeReader changes;
        private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

        Reader(Tables tables) {
            txn = tables.env.txnRead();
            state = new StateReader(tables).under(txn);
            changes = new ChangeReader(tables, null);
        }

        /** Ends a transaction that was reset. LmdbJava gives the reader's slot back only for one that is not. */
        void close() {
            txn.renew();
            txn.close();
        }
    }

    private <T> T read(Function<Reader, T> question) {
        commits.await(() -> isClosed);
        return readCommitted(question);
    }

    private <T> T readCommitted(Function<Reader, T> question) {
        long stamp = growth.readLock();
        try {
            if (isClosed) {
                throw new NamespaceException(NamespaceError.UNAVAILABLE, "the namespace is closed");
            }
            Reader reader = idle.poll();
            if (reader == null) {
                reader = new Reader(tables);
            } else {
                reader.txn.renew();
            }
            try {
                return question.apply(reader);
            } catch (Refusal refusal) {
                throw new NamespaceException(refusal.error(), refusal.getMessage());
            } finally {
                reader.txn.reset();
                if (!idle.offer(reader)) {
                    reader.close();
                }
            }
        } finally {
            growth.unlockRead(stamp);
        }
    }

    /** For one thread that answers encoded questions. */
    public QueryAnswers newAnswers() {
        return new QueryAnswers(this, tables);
    }

    /** Which transactions are committed. */
    Commits commits() {
        return commits;
    }

    /** Runs an action under a read transaction, of what is committed now. */
    void under(Consumer<Txn<DirectBuffer>> action) {
        readCommitted(reader -> {
            action.accept(reader.txn);
            return null;
        });
    }

    /** Runs what no transaction may be active beside. */
    void exclusively(Runnable action) {
        long stamp = growth.writeLock();
        try {
            action.run();
        } finally {
            growth.unlockWrite(stamp);
        }
    }

    @Override
    public Inode lookup(long parent, byte[] name) {
        return read(reader -> {
            reader.name.wrap(name);
            return reader.state.lookup(parent, reader.name);
        });
    }

    @Override
    public Inode getAttributes(long inode) {
        return read(reader -> reader.state.attributes(inode));
    }

    @Override
    public DirectoryPage readDirectory(long directory, byte[] after, int limit) {
        return read(reader -> {
            if (after != null) {
                reader.name.wrap(after);
            }
            return reader.state.directory(directory, after == null ? null : reader.name, limit, UNBOUNDED);
        });
    }

    @Override
    public FileContent readContent(long inode) {
        return read(reader -> {
            StateReader.ContentPage page = reader.state.content(inode, 0, UNBOUNDED);
            return new FileContent(page.inode(), page.inline(), page.extents());
        });
    }

    @Override
    public KeyValue.Value get(byte[] path) {
        return read(reader -> reader.state.key(path));
    }

    @Override
    public PlacementTable placementAfter(int id) {
        return read(reader -> reader.state.placementAfter(id));
    }

    @Override
    public List<FreedRun> freedRuns(int limit) {
        return read(reader -> reader.state.freed(limit));
    }

    @Override
    public List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode) {
        return read(reader -> {
            StateReader.LiveExtents live = reader.state.liveExtents(afterInode, inodeLimit, 0, UNBOUNDED);
            lastInode[0] = live.lastInode();
            return live.extents();
        });
    }

    @Override
    public OpenSessions sessions() {
        return read(reader -> reader.state.sessions());
    }

    @Override
    public long inodeCount() {
        return read(reader -> reader.state.inodeCount());
    }

    @Override
    public KeyPage scan(byte[] prefix, byte[] after, int limit, boolean keysOnly) {
        return read(reader -> reader.state.scan(prefix, after, limit, keysOnly));
    }

    @Override
    public ChangeLog.Reached changes(
            long from, byte[] prefix, int limit, boolean mayBeStale, ChangeView.Handler handler) {
        if (!mayBeStale) {
            commits.await(() -> isClosed);
        }
        ExpandableDirectByteBuffer kept = pages.poll();
        ExpandableDirectByteBuffer page = kept == null ? new ExpandableDirectByteBuffer() : kept;
        int[] length = {0};
        ChangeLog.Reached reached = readCommitted(reader -> {
            reader.changes.read(
                    reader.txn,
                    from,
                    prefix,
                    limit,
                    (sequence, run) -> length[0] = ChangeRecord.putRun(page, length[0], sequence, run));
            return new ChangeLog.Reached(reader.changes.next(), reader.changes.last());
        });
        // From a copy: a handler may take its time, and write, for which no transaction may be open.
        new ChangeRecord().forEachOfRuns(page, 0, length[0], handler);
        pages.offer(page);
        return reached;
    }

    @Override
    public ChangeLog.Range changeRange() {
        return read(reader -> reader.changes.range(reader.txn));
    }

    @Override
    public long consumerOffset(byte[] name) {
        return read(reader -> {
            reader.name.wrap(name);
            return reader.changes.consumerOffset(reader.txn, reader.name);
        });
    }

    @Override
    public Map<String, Long> consumers() {
        return read(reader -> {
            reader.name.wrap(NO_BYTES);
            return reader.changes.consumersAfter(reader.txn, reader.name, UNBOUNDED);
        });
    }

    @Override
    public byte[] xattr(long inode, byte[] name) {
        return read(reader -> {
            reader.name.wrap(name);
            return reader.state.xattr(inode, reader.name);
        });
    }

    @Override
    public List<byte[]> xattrNames(long inode) {
        return read(reader -> reader.state.xattrNames(inode));
    }

    /** Position in the log up to which commands are applied and committed. */
    public long appliedPosition() {
        return read(reader -> reader.state.appliedPosition());
    }

    @Override
    public void close() {
        exclusively(() -> {
            isClosed = true;
            for (Reader reader = idle.poll(); reader != null; reader = idle.poll()) {
                reader.close();
            }
        });
    }
}
