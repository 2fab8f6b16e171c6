package org.apollofs.namespace.state;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbNativeException;
import org.lmdbjava.Txn;

/**
 * The namespace as a deterministic state machine: the same log gives the same bytes. It knows no cluster: whoever has the
 * log hands commands over with {@link #add} in log order, and carries them out with {@link #apply}.
 *
 * <p>Commands share an LMDB transaction until {@link #commit}. Their results come out before: the log is what makes a command
 * durable, and a commit writes each page that was changed, which is shared by the more commands the rarer it is. Whoever has
 * a result finds the change in what {@link #reads()} sees all the same, since a read that comes after a result waits for its
 * commit. How the log is cut into calls and transactions does not show in the state.
 *
 * <p>One thread applies and commits; {@link #reads()} is for any number of others. The tables are made anew by the
 * constructor, for a snapshot and the log to fill; they are not durable by themselves.
 */
public final class NamespaceState implements AutoCloseable {
    /** Address space of the tables to begin with; it is doubled whenever it fills. */
    public static final long DEFAULT_MAP_LENGTH = 1L << 30;

    /** Bytes of commands from which on a transaction is full, and their number. */
    private static final int FULL_BATCH_LENGTH = 4 * NamespaceLimits.COMMAND_LENGTH;

    private static final int FULL_BATCH_COUNT = 8 * 1024;
    /** Tag of the passing of time, which has no answer. */
    private static final long TICK = Long.MIN_VALUE;
    /** Tags of notices that space is low, or is not any more. */
    private static final long SPACE_LOW = TICK + 1;

    private static final long SPACE_ENOUGH = TICK + 2;
    /** Tag of what says who the namespace is. */
    private static final long IDENTITY = TICK + 3;

    private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final Tables tables;
    private final Store store;
    private final SessionTable sessions = new SessionTable();
    private final ResultWriter results = new ResultWriter();
    private final CommandDispatcher dispatcher;
    /** Commands since the last commit, since they are applied again when the map was full; in order of the log: */
    private final CommandBatch batch = new CommandBatch();
    /** those whose results are handed out, */
    private int answered;
    /** those that are applied in the transaction, and those that are only added. */
    private int applied;

    private final IntArrayList resultOffsets = new IntArrayList();
    private final IntArrayList resultLengths = new IntArrayList();
    private final LocalReads reads;
    /** Null when all that is applied is committed. */
    private Txn<DirectBuffer> txn;

    private long growCount;
    private volatile boolean isSpaceLow;
    private volatile NamespaceIdentity identity = NamespaceIdentity.NONE;
    private volatile IdentityClaim refusedClaim;

    /** Takes the results of commands that were applied. */
    @FunctionalInterface
    public interface ResultConsumer {
        /**
         * A command's result.
         *
         * @param tag what was given with the command.
         * @param buffer valid during the call.
         */
        void onResult(long tag, DirectBuffer buffer, int offset, int length);
    }

    /**
     * Makes an empty state: a root directory, and nothing else.
     *
     * @param directory for the tables' files; what an earlier run left there is deleted.
     * @param mapLength bytes of address space to begin with.
     */
    public NamespaceState(Path directory, long mapLength) {
        this(directory, mapLength, 0);
    }

    /**
     * As {@link #NamespaceState(Path, long)}, with tables in memory as long as they are not larger.
     *
     * @param memoryLength bytes that they may take in memory. When that is too little a {@link TablesOutgrownException} comes out of
     *     a step, and the next state that is made in the folder has them on the disk.
     */
    public NamespaceState(Path directory, long mapLength, long memoryLength) {
        tables = new Tables(directory, mapLength, memoryLength);
        store = new Store(tables);
        dispatcher = new CommandDispatcher(store, sessions, results);
        reads = new LocalReads(tables);
        try (Txn<DirectBuffer> first = tables.env.txnWrite()) {
            store.begin(first);
            store.meta.set(Meta.NEXT_SESSION, 1);
            store.meta.set(Meta.FIRST_CHANGE, 1);
            store.meta.set(Meta.NEXT_FREED, 1);
            store.meta.set(Meta.NEXT_PLACEMENT, 1);
            dispatcher.initialize();
            flush();
            first.commit();
        }
    }

    /** Reads of what is committed: for any thread. */
    public LocalReads reads() {
        return reads;
    }

    /**
     * Adds a command to the batch; it is copied.
     *
     * @param position place in the log; rises.
     * @param timestampNs time in the log, ns since the epoch.
     * @param tag handed back with the result; not negative.
     */
    public void add(long position, long timestampNs, long tag, DirectBuffer command, int offset, int length) {
        if (tag < 0) {
            throw new IllegalArgumentException("a tag is not negative: tag=" + tag);
        }
        batch.add(position, timestampNs, tag, command, offset, length);
    }

    /** Adds the passing of time to the batch: leases whose time is over end. */
    public void addTick(long position, long timestampNs) {
        batch.add(position, timestampNs, TICK, NOTHING, 0, 0);
    }

    /** Adds to the batch that space is low on the disk, or is not any more: what grows is refused meanwhile. */
    public void addSpace(long position, long timestampNs, boolean isLow) {
        batch.add(position, timestampNs, isLow ? SPACE_LOW : SPACE_ENOUGH, NOTHING, 0, 0);
    }

    /** Adds a claim to be a namespace, or one of its later generations, to the batch: see {@link IdentityClaim}. */
    public void addClaim(long position, long timestampNs, IdentityClaim claim) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[IdentityClaim.LENGTH]);
        claim.put(bytes, 0);
        batch.add(position, timestampNs, IDENTITY, bytes, 0, IdentityClaim.LENGTH);
    }

    /** Who the namespace is, by what is applied. Any thread. */
    public NamespaceIdentity identity() {
        return identity;
    }

    /** The last claim that did not hold; null if all did since the start. Any thread. */
    public IdentityClaim refusedClaim() {
        return refusedClaim;
    }

    /** Whether what grows is refused, by what is applied. Any thread. */
    public boolean isSpaceLow() {
        return isSpaceLow;
    }

    /** Commands waiting to be applied. */
    public int pending() {
        return batch.count() - applied;
    }

    /** Whether there is anything that {@link #reads()} does not see yet. */
    public boolean isCommitted() {
        return batch.count() == 0;
    }

    /** Whether a read waits for a commit. */
    public boolean isCommitWanted() {
        return reads.commits().isWanted();
    }

    /** Whether reads come, which would wait for the next commit. */
    public boolean isReadLately() {
        return reads.commits().isReadLately();
    }

    /** Whether there should be a commit before more is added. */
    public boolean isFull() {
        return batch.length() >= FULL_BATCH_LENGTH || batch.count() >= FULL_BATCH_COUNT;
    }

    /**
     * Applies what was added and hands out the results, in the order of the commands.
     *
     * @return commands applied.
     */
    public int apply(ResultConsumer consumer) {
        int count = pending();
        if (count == 0) {
            return 0;
        }
        results.clear();
        resultOffsets.clear();
        resultLengths.clear();
        while (!tryApply()) {
            grow();
        }
        reads.commits().onAnswering();
        int first = answered;
        answered = applied;
        for (int i = 0; i < count; i++) {
            long tag = batch.tag(first + i);
            if (tag >= 0) {
                consumer.onResult(tag, results.buffer(), resultOffsets.getInt(i), resultLengths.getInt(i));
            }
        }
        return count;
    }

    /**
     * Applies what was added and commits all: {@link #reads()} sees it from now on.
     *
     * @param consumer takes the results of what was not applied before.
     */
    public void commit(ResultConsumer consumer) {
        apply(consumer);
        if (batch.count() == 0) {
            return;
        }
        while (!tryCommit()) {
            grow();
            while (!tryApply()) {
                grow();
            }
        }
        sessions.commit();
        batch.clear();
        applied = 0;
        answered = 0;
        reads.commits().onCommitted();
    }

    /** Applies what is not; false, and nothing since the last commit is applied any more, if the map is full. */
    private boolean tryApply() {
        try {
            if (txn == null) {
                begin();
            }
            while (applied < batch.count()) {
                applyOne(applied);
                applied++;
            }
            return true;
        } catch (Env.MapFullException e) {
            rollBack();
            return false;
        } catch (LmdbNativeException e) {
            throw tables.explain(e);
        }
    }

    private boolean tryCommit() {
        try {
            flush();
            txn.commit();
            txn.close();
            txn = null;
            return true;
        } catch (Env.MapFullException e) {
            rollBack();
            return false;
        } catch (LmdbNativeException e) {
            throw tables.explain(e);
        }
    }

    private void begin() {
        if (tables.usedLength() + (long) batch.length() * 2 > tables.mapLength() - tables.mapLength() / 8) {
            grow();
        }
        store.meta.save();
        txn = tables.env.txnWrite();
        store.begin(txn);
    }

    private void rollBack() {
        txn.close();
        txn = null;
        applied = 0;
        results.clear();
        resultOffsets.clear();
        resultLengths.clear();
        store.meta.restore();
        sessions.rollBack();
        dispatcher.forget();
    }

    private void applyOne(int index) {
        store.advanceTime(batch.timestampNs(index));
        store.meta.set(Meta.APPLIED_POSITION, batch.position(index));
        long tag = batch.tag(index);
        boolean isCommand = tag >= 0;
        if (isCommand) {
            dispatcher.apply(batch.command(index));
        } else if (tag == TICK) {
            dispatcher.tick();
        } else if (tag == IDENTITY) {
            claim(IdentityClaim.get(batch.command(index), 0));
        } else {
            isSpaceLow = tag == SPACE_LOW;
            store.meta.set(Meta.IS_SPACE_LOW, isSpaceLow ? 1 : 0);
        }
        if (index >= answered) {
            resultOffsets.addInt(isCommand ? results.offset() : 0);
            resultLengths.addInt(isCommand ? results.length() : 0);
        } else if (isCommand) {
            // Applied again: its result is known.
            results.drop();
        }
    }

    private void claim(IdentityClaim claim) {
        if (claim.fits(store.meta.identity())) {
            claim.begin(store.meta);
            identity = store.meta.identity();
        } else {
            refusedClaim = claim;
        }
    }

    /** Puts what is kept in memory into the tables. */
    private void flush() {
        store.flush();
        dispatcher.flushCounters();
    }

    void grow() {
        reads.exclusively(tables::grow);
        growCount++;
    }

    /** How often the map was doubled. */
    public long growCount() {
        return growCount;
    }

    /** Position in the log of the last command applied. */
    public long appliedPosition() {
        return store.meta.get(Meta.APPLIED_POSITION);
    }

    /** Sequence of the last change; 0 if there was none. */
    public long lastChange() {
        return store.meta.get(Meta.LAST_CHANGE);
    }

    /**
     * Time of the log at which the next lease ends, of a session or of keys, ns; {@link Long#MAX_VALUE} if there is none. Of
     * what is committed.
     */
    public long nextExpiryNs() {
        long expiryNs = Math.min(sessions.nextExpiryNs(), LeaseTable.nextExpiryNs(tables));
        return expiryNs == Long.MAX_VALUE ? Long.MAX_VALUE : store.nowNs() + expiryNs - store.servedNs();
    }

    /**
     * From now on leases run for no longer than this between two records of the log, however long it takes until the next: then
     * nobody served, and no host could be heard of. Whoever adds records sees to it that there are ticks in between. To be
     * said before the first record, by all replicas.
     */
    public void countAtMost(long betweenNs) {
        store.countAtMost(betweenNs);
    }

    /** Writer sessions that are open. */
    public int sessionCount() {
        return sessions.count();
    }

    /** Streams the state as it is committed: all of it must be, except for what is only added. */
    public void writeSnapshot(BlockConsumer consumer) {
        if (txn != null) {
            throw new IllegalStateException("a snapshot needs a commit first: commands=" + applied);
        }
        new SnapshotWriter(this, consumer).write();
    }

    /** Takes a snapshot's blocks into this state, which must be new. */
    public SnapshotLoader loadSnapshot() {
        return new SnapshotLoader(this);
    }

    /** The tables have been filled: what is kept of them in memory follows. */
    void onLoaded() {
        dispatcher.forget();
        try (Txn<DirectBuffer> loaded = tables.env.txnRead()) {
            store.meta.load(tables.meta.get(loaded, store.key.of(Meta.COUNTERS)));
            isSpaceLow = store.meta.get(Meta.IS_SPACE_LOW) != 0;
            identity = store.meta.identity();
        }
    }

    /** SHA-256 over the whole state, in hexadecimal: equal for equal states. */
    public String digest() {
        MessageDigest digest = sha256();
        writeSnapshot((buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            digest.update(bytes);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    Tables tables() {
        return tables;
    }

    SessionTable sessions() {
        return sessions;
    }

    /** Closes the tables. No read may be running, and none may come after. */
    @Override
    public void close() {
        reads.close();
        if (txn != null) {
            txn.close();
        }
        tables.close();
    }
}
