package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.AbandonedStripes;
import org.apollofs.dataplane.stripe.DataCounters;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.dataplane.stripe.StripeContext;
import org.apollofs.dataplane.stripe.StripeReader;
import org.apollofs.dataplane.stripe.SuspectChunks;
import org.apollofs.dataplane.stripe.TargetProbe;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.TargetStatus;

/**
 * A host's data plane: files that it has open, lanes to all targets, slabs.
 *
 * <p>Workers call the methods of {@link OpenFile} and wait there; the one {@link #hostAgent()} must be running all the
 * while. Order of closing: the mount, {@link #close()} (commits what is dirty), the agent (lanes, slabs), then network
 * and namespace.
 */
public final class ApolloClient implements DataClient {
    private final ClientCore core;
    private final Targets targets;
    private final SlabPool dataSlabs;
    private final SlabPool paritySlabs;
    private final SlabPool readSlabs;
    private final HostAgent agent;
    private final Long2ObjectHashMap<FileState> files = new Long2ObjectHashMap<>();
    private final ThreadLocal<ReadPlan> plans = ThreadLocal.withInitial(ReadPlan::new);
    private final ThreadLocal<ResultBuilder> builders;

    /**
     * Opens lanes, allocates and touches slabs, and finds or makes the placement table.
     *
     * @param context concluded here.
     * @throws IllegalArgumentException if the context does not fit.
     * @throws NamespaceException if the namespace does not answer.
     */
    public ApolloClient(ClientContext context) {
        context.conclude();
        Namespace namespace = context.namespace();
        StripeLayout layout = context.layout();
        PlacementTables placements = new PlacementTables(namespace);
        PlacementTable placement = placements.tableFor(layout, context.targetIds(), context.failureDomains());
        DataCounters counters = new DataCounters();
        dataSlabs = SlabPool.allocate(context.dataSlabs(), context.slabLength());
        boolean needsParity = layout.dataChunks() > 1 && layout.parityChunks() > 0;
        paritySlabs = needsParity ? SlabPool.allocate(context.paritySlabs(), context.slabLength()) : null;
        readSlabs = SlabPool.allocate(context.readSlabs() + 1, context.slabLength());
        targets = new Targets(context.network(), namespace.session(), context.targetIds(), context.clock(), counters);
        StripeContext stripes = new StripeContext()
                .layout(layout)
                .placement(placement)
                .placements(placements)
                .targets(targets)
                .clock(context.clock())
                .waitStrategy(context.waitStrategy())
                .counters(counters)
                .dataSlabs(dataSlabs)
                .paritySlabs(paritySlabs)
                .readSlabs(readSlabs)
                .patienceNs(context.patienceNs())
                .writeTimeoutNs(context.writeTimeoutNs())
                .readTimeoutNs(context.readTimeoutNs())
                .stripesInFlight(context.stripesInFlight())
                .conclude();
        core = new ClientCore(
                namespace,
                stripes,
                new StripeReader(stripes),
                placements,
                layout,
                counters,
                zeros(),
                context.epochClock(),
                namespace.session(),
                context.inlineLimit(),
                context.largeWriteLength(),
                context.readAheadStripes() * layout.dataChunks() * layout.chunkLength());
        builders = ThreadLocal.withInitial(() -> new ResultBuilder(core.reader(), core.counters(), core.zeros()));
        agent = new HostAgent(this, targets, stripes, context.clock());
    }

    private SharedSlab zeros() {
        Slab slab = readSlabs.tryAcquire();
        slab.buffer().setMemory(0, slab.capacity(), (byte) 0);
        return new SharedSlab(slab);
    }

    /** The agent that polls this host's lanes: to be run by one thread from before the first call to after the last. */
    public Agent hostAgent() {
        return agent;
    }

    /**
     * Whether this host waits for no target, so that its agent has nothing to do until it, or a program, begins something. Any
     * thread.
     */
    public boolean isQuiet() {
        return agent.isQuiet();
    }

    /** What was done so far. */
    public DataCounters.Snapshot counters() {
        return core.counters().snapshot();
    }

    /** Lanes and health of the targets. Closed by the agent. */
    public Targets targets() {
        return targets;
    }

    /**
     * Proves that chunks can be written and read now, see {@link TargetProbe}. Waits.
     *
     * @param timeoutNs after which targets that have not answered are not proved.
     */
    public List<TargetProbe.Outcome> probe(long timeoutNs) {
        return new TargetProbe(core.stripes()).run(timeoutNs);
    }

    /** How many chunks of a new stripe may be lost. */
    public int parityChunks() {
        return core.layout().parityChunks();
    }

    /** The placement tables, cached. */
    public PlacementTables placements() {
        return core.placements();
    }

    /** Stripes of this host for the garbage collector. */
    public AbandonedStripes abandonedStripes() {
        return core.stripes().abandoned();
    }

    /** Chunks that this host's readers found missing or bad, for repair. */
    public SuspectChunks suspectChunks() {
        return core.stripes().suspects();
    }

    @Override
    public OpenFile open(long inode, boolean truncate) {
        return open(inode, FileState.NO_VERSION, truncate);
    }

    @Override
    public OpenFile open(Inode inode, boolean truncate) {
        return open(inode.id(), inode.contentVersion(), truncate);
    }

    private OpenFile open(long inode, long contentVersion, boolean truncate) {
        FileState file;
        boolean joined;
        synchronized (files) {
            file = files.get(inode);
            joined = file != null;
            if (!joined) {
                file = new FileState(core, inode);
                files.put(inode, file);
            }
            file.handles++;
        }
        file.versionIs(contentVersion);
        if (truncate) {
            file.truncateAtOpen();
        } else if (joined) {
            // Close-to-open: what others committed since is seen through every handle.
            file.invalidate();
        }
        return new FileHandle(this, file, new FileReader(file, plans, builders), new FileCommitter(file));
    }

    /** @param watch what the handle is yet to be told. */
    void release(FileState file, FileCommitter committer, WriteErrors.Watch watch) {
        boolean last;
        synchronized (files) {
            last = file.handles == 1;
            if (!last) {
                file.handles--;
            }
        }
        if (last) {
            releaseLast(file, committer);
        }
        watch.throwAtRelease();
    }

    /** The last one, it seems: the commit comes first, so that who opens the file meanwhile joins it. */
    private void releaseLast(FileState file, FileCommitter committer) {
        DataException failure = commitAtRelease(committer);
        boolean last;
        synchronized (files) {
            last = --file.handles == 0;
            if (last) {
                files.remove(file.inode);
            }
        }
        if (last) {
            file.discard();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Commits what is left. A file that was unlinked meanwhile, and dropped, has nothing to commit.
     *
     * @return why it could not, or null.
     */
    private static DataException commitAtRelease(FileCommitter committer) {
        try {
            committer.commit(() -> false);
            return null;
        } catch (DataException e) {
            return e.kind() == DataException.Kind.STALE ? null : e;
        }
    }

    private FileState find(long inode) {
        synchronized (files) {
            return files.get(inode);
        }
    }

    @Override
    public long visibleSize(long inode, long committedSize) {
        FileState file = find(inode);
        return file == null ? committedSize : file.visibleSize(committedSize);
    }

    @Override
    public long visibleModificationTimeNs(long inode, long committedNs) {
        FileState file = find(inode);
        return file == null || !file.isDirty ? committedNs : file.modificationTimeNs;
    }

    @Override
    public boolean isOpen(long inode) {
        return find(inode) != null;
    }

    @Override
    public SlabPool slabs() {
        return dataSlabs;
    }

    @Override
    public Space space() {
        long total = 0;
        long free = 0;
        long least = Long.MAX_VALUE;
        int[] ids = targets.ids();
        for (int id : ids) {
            TargetStatus status = targets.status(id);
            if (status != null) {
                total += status.capacityBytes();
                long targetFree = status.writable() ? status.freeBytes() : 0;
                free += targetFree;
                least = Math.min(least, targetFree);
            } else {
                least = 0;
            }
        }
        StripeLayout layout = core.layout();
        if (ids.length == layout.width()) {
            // Every stripe needs them all: the fullest one decides.
            free = least * ids.length;
        }
        return new Space(payload(total, layout), payload(free, layout));
    }

    private static long payload(long bytes, StripeLayout layout) {
        return bytes / layout.width() * layout.dataChunks();
    }

    /** Has files give up slabs that wait in half-filled stripes, the ones written longest ago first. Host agent. */
    void relieve() {
        List<FileState> candidates;
        synchronized (files) {
            candidates = new ArrayList<>(files.size());
            for (FileState file : files.values()) {
                if (file.holdsOpenStripe()) {
                    candidates.add(file);
                }
            }
        }
        candidates.sort(Comparator.comparingLong(file -> file.lastWriteNs));
        int relieved = 0;
        for (int i = 0; i < candidates.size() && relieved <= candidates.size() / 4; i++) {
            if (candidates.get(i).relieve()) {
                core.counters().onSealedEarly();
                relieved++;
            }
        }
    }

    /** Commits what is dirty. The agent must still run. Handles that are open stay so, and fail from then on. */
    @Override
    public void close() {
        List<FileState> open;
        synchronized (files) {
            open = new ArrayList<>(files.values());
        }
        DataException first = null;
        for (FileState file : open) {
            try {
                new FileCommitter(file).commit(() -> false);
                file.errors.throwUntold();
            } catch (DataException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** The agent has ended, the lanes are closed: nobody uses a slab any more. */
    void freeSlabs() {
        core.reader().close();
        dataSlabs.close();
        readSlabs.close();
        if (paritySlabs != null) {
            paritySlabs.close();
        }
    }
}
