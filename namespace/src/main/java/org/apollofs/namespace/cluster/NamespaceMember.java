package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.checksum.Checksum;
import io.aeron.archive.checksum.Checksums;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ElectionState;
import io.aeron.cluster.NanosecondClusterClock;
import io.aeron.cluster.NodeStateFile;
import io.aeron.cluster.service.ClusteredServiceContainer;
import io.aeron.driver.MediaDriver;
import io.aeron.security.AuthorisationService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.CompositeAgent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NoOpLock;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.LocalReads;
import org.apollofs.namespace.state.NamespaceState;
import org.apollofs.namespace.state.QueryAnswers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the namespace's cluster: archive, consensus module and the service with its state, over a media driver that
 * runs already or that it launches. Five threads of the caller's factory, six where it has ports; the driver's are
 * its own context's.
 *
 * <p>Folder: see {@link MemberFolder}. Aeron's mark files are made anew at start: they only keep two processes off one folder,
 * by a time stamp that must be ten seconds old, too long for a restart after a crash; here the caller keeps others off.
 *
 * <p>Start is snapshot and log since. {@link #close()} takes a snapshot first, so that the next start is quick; a member that
 * is killed loses nothing by it.
 */
public final class NamespaceMember implements AutoCloseable {
    /** Space on the disk of its folder at which a member cannot go on. It refuses what grows long before. */
    public static final long FULL_DISK_BYTES = 16L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(NamespaceMember.class);
    private static final long POLL_NS = 1_000_000;
    /** Bytes of a packet within the machine: IPC carries any size, and fewer fragments are less work. */
    private static final int IPC_MTU = 65_504;
    /** A message is up to an eighth of a term: a command is up to 1 MiB, and some frames stand around it. */
    private static final int TERM_LENGTH = 16 << 20;
    /** Leader timeouts that members which start wait for all others, before a majority elects one: not all may be there. */
    private static final int CANVASS_FACTOR = 5;
    /** Shorter, and candidates would keep meeting each other. */
    private static final long MIN_ELECTION_NS = 500_000_000L;
    /** A leader answers in a few milliseconds. */
    private static final long LOG_STARTS_NS = 1_000_000_000L;

    static final int BARRIER_EGRESS_STREAM = 9_999;
    static final int CLUSTER_ID = 0;
    /** Consensus module and service: each says when it ends. */
    private static final int PARTS = 2;

    /**
     * Where Aeron Cluster wants to hear others and nobody is to be heard: shared memory, and of that one session, of those
     * that drivers never give out.
     */
    private static final String NOBODYS_CHANNEL = "aeron:ipc?session-id=0";

    /** Sparse: its buffers take memory as far as they were used. */
    static final String INGRESS_IPC = "aeron:ipc?sparse=true|term-length=" + TERM_LENGTH + "|mtu=" + IPC_MTU;

    private final NamespaceMemberContext ctx;
    private final MemberFolder folder;
    /** Of every frame of log and snapshots, in the archive. */
    private final Checksum checksum = Checksums.crc32c();

    private final NamespaceCounters counters = new NamespaceCounters();
    private final MemberWatch watch;
    private final ReadBarrier barrier = new ReadBarrier();
    private final ServiceProgress progress = new ServiceProgress();
    private final MemberIdentity identity;
    /** Position from which on the folder has the log; 0 while it is not known. */
    private final AtomicLong logStart = new AtomicLong();

    private LogTail.Found ends;
    private NamespaceState state;
    private DiskSpace disk;
    private ShutdownProbe probe;
    private ConsensusCounters consensus;
    private final List<Aeron> clients = new ArrayList<>();
    private MediaDriver driver;
    private Archive archive;
    private ConsensusModule consensusModule;
    private ClusteredServiceContainer container;
    private IdleStrategy readIdle;
    private NodeStateFile votes;
    private TermQuorum quorum;
    private ReadMarks marks;
    private ReadServer reads;
    private volatile AgentRunner readRunner;
    private volatile boolean isClosed;

    private NamespaceMember(NamespaceMemberContext ctx) {
        this.ctx = ctx;
        folder = new MemberFolder(ctx.directory(), ctx.markFile(), ctx.memberId());
        identity = new MemberIdentity(ctx, folder.marks(), progress);
        watch = new MemberWatch(ctx.directory(), ctx.failureHandler(), PARTS);
    }

    /**
     * Launches a member. It is not ready to answer yet: a client that connects waits until it is. One of several whose folder
     * is empty waits here for the others, see {@link MemberJoin}.
     *
     * @param ctx concluded here.
     * @throws FolderRefusedException if its folder is not for this start.
     * @throws CancellationException if the context's cancellation says so while it waits.
     */
    public static NamespaceMember launch(NamespaceMemberContext ctx) {
        NamespaceMember member = new NamespaceMember(ctx.conclude());
        try {
            member.start();
            member.watch.started();
            return member;
        } catch (RuntimeException | Error e) {
            RuntimeException failure = member.watch.startFailed(e);
            member.closeAll();
            throw failure;
        }
    }

    private void start() {
        LOG.info(
                "namespace member: memberId={}, members={}, directory={}, fileSyncLevel={} ({})",
                ctx.memberId(),
                ctx.members(),
                ctx.directory(),
                ctx.fileSyncLevel(),
                ctx.fileSyncLevel() == 0 ? "NOT durable" : "durable");
        MemberAdmission.check(ctx, folder);
        ends = folder.prepare(
                checksum, ctx.members().stream().map(MemberAddress::id).toList());
        counters.logTailsCut.add(ends.cuts());
        state = identity.of(new NamespaceState(folder.state(), ctx.mapLength(), ctx.memoryLength()));
        if (ctx.fileSyncLevel() > 0) {
            probe = new ShutdownProbe(folder.state().resolve("probe"));
        }
        if (ctx.driverContext() != null) {
            driver = MediaDriver.launch(ctx.driverContext());
        }
        consensus = new ConsensusCounters(aeronDirectory(), CLUSTER_ID);
        awaitPredecessor();
        archive = launchArchive();
        if (!ctx.isSingle()) {
            giveUpLogThatEndsEarly();
            if (folder.isEmpty()) {
                join();
            }
        }
        counters.snapshotsPurged.add(recordings().purgeOrphans());
        long logEnd = recordings().logEnd();
        launchCluster();
        folder.syncNames();
        if (ctx.listens()) {
            votes = folder.openVotes(ctx.fileSyncLevel());
            quorum = new TermQuorum(ctx, new OwnState(), this::wakeReads);
        }
        QueryAnswers answers = state.reads().newAnswers();
        disk = new DiskSpace(ctx.directory(), counters);
        BarrierSender sender = new BarrierSender(ctx, barrier);
        marks = new ReadMarks(
                barrier, sender, quorum, progress, answers, archive.context().archiveId(), counters);
        reads = new ReadServer(ctx, aeronDirectory(), answers, marks, counters);
        readIdle = ctx.idle().newStrategy(reads::restNs);
        readRunner = new AgentRunner(
                readIdle,
                watch::onError,
                null,
                new CompositeAgent(
                        reads,
                        new SnapshotKeeper(
                                ctx,
                                folder,
                                consensus,
                                () -> AeronTimeouts.connectToArchive(archiveClientContext(), aeronDirectory()),
                                logStart,
                                disk,
                                counters),
                        new CatchUpWatch(ctx, consensus, logEnd, watch::fail),
                        new SpaceWatch(ctx, disk, this::isLeader, state::isSpaceLow, sender),
                        identity.claims(sender)));
        AgentRunner.startOnThread(readRunner, this::newThread);
        identity.start(votes);
    }

    private void wakeReads() {
        AgentRunner runner = readRunner;
        Thread thread = runner == null ? null : runner.thread();
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /**
     * Whoever was away while the leader deleted what comes after the end of its log cannot catch up, and copies as if it had
     * lost its disk, see {@link MemberJoin}; but it remembers its vote. What it gives up stands in the leader's snapshot.
     */
    private void giveUpLogThatEndsEarly() {
        if (folder.isEmpty()) {
            return;
        }
        long end = recordings().logEnd();
        try (LogStarts starts = new LogStarts(ctx, false)) {
            starts.await(LOG_STARTS_NS);
            if (starts.ofLeader() <= end) {
                return;
            }
            LOG.info(
                    "namespace member: was away for too long, gives up its log: memberId={}, end={}, the leader's"
                            + " start={}",
                    ctx.memberId(),
                    end,
                    starts.ofLeader());
        }
        archive.close();
        try {
            folder.giveUpLog();
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member cannot give up its log: directory=" + ctx.directory(), e);
        }
        archive = launchArchive();
    }

    private MemberRecordings recordings() {
        return new MemberRecordings(folder, archiveClientContext());
    }

    private void join() {
        try {
            if (new MemberJoin(ctx, folder, aeronDirectory(), archiveClientContext()).run()) {
                counters.joins.increment();
            }
            folder.endJoin();
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member cannot join: directory=" + ctx.directory(), e);
        }
    }

    /** On a driver that runs on, a member that has gone before this one is known for a while yet. */
    private void awaitPredecessor() {
        if (!await(() -> !consensus.isPresent())) {
            throw new IllegalStateException(
                    "another namespace member runs on this media driver: aeronDirectory=" + aeronDirectory());
        }
    }

    private Archive.Context archiveContext() {
        Archive.Context context = new Archive.Context()
                .aeronDirectoryName(aeronDirectory())
                .archiveDir(folder.archive().toFile())
                .markFileDir(folder.mark().resolve("archive").toFile())
                .recordingEventsEnabled(false)
                .replicationChannel(ephemeralChannel())
                .errorHandler(watch::onError)
                .threadingMode(ArchiveThreadingMode.SHARED)
                .fileSyncLevel(ctx.fileSyncLevel())
                .catalogFileSyncLevel(ctx.fileSyncLevel())
                .lowStorageSpaceThreshold(FULL_DISK_BYTES)
                .fileIoMaxLength(ends.ioLength())
                .recordChecksum(checksum)
                .replayChecksum(checksum)
                .segmentFileLength(ctx.segmentFileLength())
                .threadFactory(this::newThread)
                .idleStrategySupplier(ctx.idle()::newStrategy);
        if (ctx.isSingle()) {
            // Nobody else replays from this archive: its clients are in the process.
            return context.controlChannelEnabled(false)
                    .archiveClientContext(new AeronArchive.Context().controlResponseChannel("aeron:ipc"));
        }
        return context.controlChannel("aeron:udp?endpoint=" + ctx.address().archive());
    }

    /**
     * One whose end by an {@link Error} is heard. Aeron's own handlers are not enough: they note it first in a mapped file of the
     * member's folder, which fails in the same way where the disk has.
     */
    private Thread newThread(Runnable agent) {
        Thread thread = ctx.threadFactory().newThread(agent);
        thread.setUncaughtExceptionHandler((of, e) -> watch.onError(e));
        return thread;
    }

    private Archive launchArchive() {
        Archive.Context context = AeronTimeouts.ofArchive(archiveContext(), aeronDirectory());
        clients.add(context.aeron());
        return Archive.launch(context);
    }

    private void launchCluster() {
        ConsensusModule.Context module = AeronTimeouts.ofConsensus(consensusModuleContext(), aeronDirectory());
        clients.add(module.aeron());
        consensusModule = ConsensusModule.launch(module);
        ClusteredServiceContainer.Context service = AeronTimeouts.ofService(containerContext(), aeronDirectory());
        clients.add(service.aeron());
        container = ClusteredServiceContainer.launch(service);
    }

    private ConsensusModule.Context consensusModuleContext() {
        return new ConsensusModule.Context()
                .aeronDirectoryName(aeronDirectory())
                .clusterDir(folder.cluster().toFile())
                .markFileDir(folder.mark().toFile())
                .clusterId(CLUSTER_ID)
                .clusterMemberId(ctx.memberId())
                .clusterMembers(MemberAddress.members(ctx.members()))
                .ingressChannel(ctx.listens() ? "aeron:udp?term-length=" + TERM_LENGTH : NOBODYS_CHANNEL)
                .consensusChannel(ctx.listens() ? "aeron:udp" : NOBODYS_CHANNEL)
                .isIpcIngressAllowed(true)
                .logChannel(logChannel())
                .snapshotChannel(snapshotChannel())
                .replicationChannel(ephemeralChannel())
                .archiveContext(archiveClientContext())
                .clusterClock(new NanosecondClusterClock())
                .fileSyncLevel(ctx.fileSyncLevel())
                .leaderHeartbeatTimeoutNs(ctx.leaderTimeoutNs())
                .leaderHeartbeatIntervalNs(ctx.leaderTimeoutNs() / 10)
                .startupCanvassTimeoutNs(CANVASS_FACTOR * ctx.leaderTimeoutNs())
                .electionTimeoutNs(Math.max(ctx.leaderTimeoutNs() / 2, MIN_ELECTION_NS))
                .maxConcurrentSessions(ctx.maxClients())
                .authenticatorSupplier(ctx.authenticatorSupplier())
                // Whoever may have a session may ask for a snapshot.
                .authorisationServiceSupplier(() -> AuthorisationService.ALLOW_ALL)
                .threadFactory(this::newThread)
                .idleStrategySupplier(ctx.idle()::newStrategy)
                .errorHandler(watch::onError)
                .terminationHook(() -> watch.onEnded("the consensus module"));
    }

    private ClusteredServiceContainer.Context containerContext() {
        return new ClusteredServiceContainer.Context()
                .aeronDirectoryName(aeronDirectory())
                .clusterDir(folder.cluster().toFile())
                .markFileDir(folder.mark().toFile())
                .archiveContext(archiveClientContext())
                .snapshotChannel(snapshotChannel())
                .clusterId(CLUSTER_ID)
                .serviceName("namespace-service")
                .clusteredService(
                        new NamespaceService(state, ctx.isSingle(), probe, counters, barrier, progress, watch::fail))
                // The service answers outside of the container's callbacks too, over publications of its own.
                .isRespondingService(false)
                .logFragmentLimit(256)
                .threadFactory(this::newThread)
                .idleStrategySupplier(ctx.idle()::newStrategy)
                .errorHandler(watch::onError)
                .terminationHook(() -> watch.onEnded("the service"));
    }

    private AeronArchive.Context archiveClientContext() {
        return AeronTimeouts.ofArchiveClient(new AeronArchive.Context())
                .aeronDirectoryName(aeronDirectory())
                .lock(NoOpLock.INSTANCE)
                .controlRequestChannel(archive.context().localControlChannel())
                .controlRequestStreamId(archive.context().localControlStreamId())
                .controlResponseChannel(archive.context().localControlChannel());
    }

    private String logChannel() {
        // A log that exists keeps its term length and packet size; Aeron takes them from the recording.
        return ctx.isSingle()
                ? "aeron:ipc?sparse=true|term-length=" + ctx.logTermLength() + "|mtu=" + IPC_MTU
                : "aeron:udp?term-length=" + ctx.logTermLength();
    }

    private static String snapshotChannel() {
        return "aeron:ipc?alias=snapshot|sparse=true|term-length=" + TERM_LENGTH + "|mtu=" + IPC_MTU;
    }

    private String ephemeralChannel() {
        return "aeron:udp?endpoint=" + ctx.address().host() + ":0";
    }

    /** Folder of the media driver: clients in other processes on this machine connect through it. */
    public String aeronDirectory() {
        return driver == null ? ctx.aeronDirectory() : driver.aeronDirectoryName();
    }

    /**
     * Reads of what this member has applied. With one member they are linearizable for whoever has a session open: see
     * {@link LocalReads}. With more they may be stale, and are not for clients.
     */
    public LocalReads reads() {
        return state.reads();
    }

    /** Who the namespace is, as far as this member has come in the log. */
    public NamespaceIdentity identity() {
        return state.identity();
    }

    /** The namespace's random id, which never changes; all zero while it is not known here. */
    public UUID namespaceId() {
        return state.identity().id();
    }

    /** See {@link MemberHost#awaitIdentity}. @throws IllegalStateException if the member ends meanwhile. */
    public NamespaceIdentity awaitIdentity() {
        return identity.await(this::isRunning);
    }

    /**
     * Whether the tables of the only member have all that was in its log when it started. Before, {@link #reads()} may not know
     * what was acknowledged. Any thread.
     */
    boolean isCaughtUp() {
        return reads.isCaughtUp();
    }

    /** All members. */
    public List<MemberAddress> members() {
        return ctx.members();
    }

    /** Whether it is the only member. */
    public boolean isSingle() {
        return ctx.isSingle();
    }

    /** How this member's threads wait: clients in the process wake them. */
    public AttentiveIdle idle() {
        return ctx.idle();
    }

    public NamespaceCounters counters() {
        return counters;
    }

    /** Whether a failure of a member comes of a disk that gives errors. */
    public static boolean isOfBrokenDisk(Throwable failure) {
        return MemberFailure.isBroken(failure);
    }

    /** Whether its parts run: their counters are gone with them. */
    private boolean isRunning() {
        return !isClosed && watch.areRunning();
    }

    /** What others may ask. */
    private final class OwnState implements PeerState {
        @Override
        public long vote() {
            return votes.candidateTerm().candidateTermId();
        }

        @Override
        public long logStart() {
            return logStart.get();
        }

        @Override
        public int flags() {
            ElectionState election = consensus.election();
            if (election == null) {
                return MemberStatus.Role.FOLLOWER.code();
            }
            return consensus.role().code()
                    | (election == ElectionState.CLOSED ? 0 : PeerMessage.ELECTING)
                    | (state.isSpaceLow() ? PeerMessage.SPACE_LOW : 0);
        }

        @Override
        public long strangers() {
            return ctx.strangers().getAsLong();
        }

        @Override
        public long position() {
            return Math.max(0, consensus.commitPosition());
        }
    }

    /** What this member does in the cluster, for operators: its role, and how far an election has come. */
    public String describe() {
        ElectionState election = isRunning() ? consensus.election() : null;
        if (election == null) {
            return "stopped";
        }
        String name = consensus.role().name().toLowerCase(Locale.ROOT);
        return election == ElectionState.CLOSED
                ? name
                : name + ", election: " + election.name().toLowerCase(Locale.ROOT);
    }

    /** Whether the namespace refuses what grows, because space is low on the disk of the member that leads. */
    public boolean isSpaceLow() {
        return state.isSpaceLow();
    }

    /** Whether this member leads. */
    public boolean isLeader() {
        return isRunning() && consensus.isLeader();
    }

    /**
     * Takes a snapshot, on the leader: the next start begins from it. Waits until it is there.
     *
     * @return false if this member does not lead, or it took longer than the timeout of a stop.
     */
    public boolean takeSnapshot() {
        if (!isLeader()) {
            return false;
        }
        long before = consensus.snapshots();
        return toggle(ClusterControl.ToggleState.SNAPSHOT)
                && await(() -> !isRunning() || consensus.snapshots() > before)
                && isRunning();
    }

    private boolean toggle(ClusterControl.ToggleState to) {
        return await(() -> !isRunning() || consensus.toggle(to)) && isRunning();
    }

    private boolean await(BooleanSupplier condition) {
        long deadlineNs = ctx.nanoClock().nanoTime() + ctx.stopTimeoutNs();
        while (!condition.getAsBoolean()) {
            if (ctx.nanoClock().nanoTime() - deadlineNs > 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }

    /**
     * Stops: with a snapshot where this member is the only one. Clients are closed before.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        watch.stop();
        // Of several members one leaves without taking the others along.
        if (ctx.isSingle() && !identity.isRefused() && !stopWithSnapshot()) {
            LOG.warn("namespace member stops without a snapshot: directory={}", ctx.directory());
        }
        closeAll();
    }

    private boolean stopWithSnapshot() {
        if (!isLeader() || !disk.hasRoomForSnapshot()) {
            return false;
        }
        return await(() -> !isRunning() || consensus.toggle(ClusterControl.ToggleState.SHUTDOWN))
                && await(() -> watch.haveEnded());
    }

    /** The state, for tests; it changes while the member runs. */
    NamespaceState state() {
        return state;
    }

    /** Neither asks the others for their votes from now on nor tells its own, as if their network were cut. For tests. */
    void stopConfirming() {
        quorum.close();
    }

    /** Where its reads wait for. For tests. */
    ReadMarks marks() {
        return marks;
    }

    /** Stops at once, as a crash would, but for the files, which are closed. */
    void abort() {
        watch.stop();
        closeAll();
    }

    private void closeAll() {
        isClosed = true;
        watch.stop();
        ctx.idle().release(readIdle);
        // A thread that was ended by an Error has closed nothing.
        CloseHelper.closeAll(readRunner, identity, quorum, votes, container, consensusModule, archive);
        CloseHelper.closeAll(clients);
        CloseHelper.closeAll(consensus, driver, state, probe);
    }
}
