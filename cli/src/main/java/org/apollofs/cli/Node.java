package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.dataplane.client.ApolloClient;
import org.apollofs.dataplane.client.BlobKeyValue;
import org.apollofs.dataplane.repair.GarbageCollector;
import org.apollofs.dataplane.repair.OrphanSweep;
import org.apollofs.dataplane.repair.SweepContext;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LaneProfile;
import org.apollofs.profile.SweepProfile;
import org.apollofs.transport.aeron.AeronNetwork;
import org.apollofs.transport.aeron.AeronNetworkContext;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded site, whole in this process: media driver, namespace member, targets, client, mount. The wiring: nothing else
 * starts threads.
 *
 * <p>{@link #start} takes the site lock first and puts everything else on a stack above it; {@link #close} ends it in the
 * opposite order: mount (what is open is committed), client, targets, namespace (with a snapshot), driver, lock. A start that
 * fails ends what it started and takes away what it made. An agent that fails stops the node, see {@link #checkHealthy()}.
 */
final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** Values that are held as an array: those of other processes are streamed. */
    private static final int MAX_VALUE_LENGTH = 64 << 20;

    private static final int GARBAGE_IDLE_MS = 5;
    /** Where there was none for a while. */
    private static final int GARBAGE_REST_MS = 320;

    private final NodeOptions options;
    private final StopSignal stop;
    private final CloseStack stack = new CloseStack();
    private final AtomicReference<CommandFailure> failure = new AtomicReference<>();
    private final long startNs = System.nanoTime();
    private final ProcessClock clock = new ProcessClock(SystemNanoClock.INSTANCE);

    private SiteFiles files;
    private DatagramSeal seal;
    private SiteRest rest;
    private SiteDriver driver;
    private SiteNamespace namespace;
    private TargetServers targets;
    private ApolloClient client;
    private volatile boolean isReady;
    private volatile String notice;
    private SiteHealth health;
    private SiteMount mount;
    private GarbageCollector garbage;
    private OrphanSweep sweep;
    private SiteRepair repair;

    /** How the mount ends with the site, and the site with the mount. */
    private final SiteMount.SiteEnd end = new SiteMount.SiteEnd() {
        @Override
        public void onTakenAway(Path mountPoint) {
            notice = "the mount was taken away by somebody else (umount): path=" + mountPoint;
            stop.request();
        }

        @Override
        public void onFailure(String role, Throwable cause) {
            Node.this.onFailure(role, cause);
        }

        @Override
        public boolean isFailed() {
            return isReady && Node.this.isFailed();
        }
    };

    private Node(NodeOptions options, StopSignal stop) {
        this.options = options;
        this.stop = stop;
    }

    /**
     * Starts the site. On return it is mounted, and a write and a read have gone through.
     *
     * @param stop requested when the node cannot go on.
     * @param out what the site is, for the operator.
     * @throws RuntimeException if it cannot be started: {@link Failures} explains them. Nothing is left then.
     * @throws CancellationException if the stop is requested before it serves.
     */
    static Node start(NodeOptions options, StopSignal stop, PrintWriter out) {
        Path mountPoint = SiteMount.check(options.mountPoint(), options.folder());
        Node node = new Node(options, stop);
        try {
            node.assemble(mountPoint, out);
            node.describe(out);
            return node;
        } catch (IOException e) {
            throw node.abandon(node.first(new UncheckedIOException(e.getMessage(), e)));
        } catch (RuntimeException e) {
            throw node.abandon(node.first(e));
        } catch (Error e) {
            throw node.abandon(e);
        }
    }

    /** What the operator reads: the first failure of a part, of which the others come. */
    private RuntimeException first(RuntimeException thrown) {
        CommandFailure known = failure.get();
        if (known == null || known == thrown) {
            return thrown;
        }
        known.addSuppressed(thrown);
        return known;
    }

    /** Ends what was started; the files of a new site go too. */
    private <E extends Throwable> E abandon(E failure) {
        try {
            stack.close();
        } catch (RuntimeException second) {
            failure.addSuppressed(second);
        }
        return failure;
    }

    private void assemble(Path mountPoint, PrintWriter out) throws IOException {
        SiteFolder folder = options.folder();
        HardwareProfile profile = options.profile();
        PrivateFiles.begin();
        boolean folderExisted = Files.exists(folder.root());
        stack.push(SiteLock.take(folder));
        PrivateFiles.mend(folder.root());
        startClock();
        files = SiteFiles.open(folder, profile, folderExisted, options.discard(), stack);
        AttentiveIdle idle = new AttentiveIdle();
        rest = new SiteRest(idle::undisturbed, SystemNanoClock.INSTANCE);
        DataThreads threads = new DataThreads();
        seal = new DatagramSeal(
                SealKey.of(files.secret(), "lanes " + files.record().siteId()));
        driver = stack.push(SiteDriver.launch(folder, profile, idle, rest, seal, this::onFailure));
        threads.driver(driver::wake);
        AeronNetwork network =
                stack.push(new AeronNetwork(networkContext(profile).onSent(threads::wake)));
        driver.onRenewed(network::renew);
        stack.push(this::noteStop);
        targets = stack.push(TargetServers.open(files, profile, network));
        files.noteTargets(targets.targets());
        targets.start(profile, threads, this::onFailure);
        namespace =
                stack.push(SiteNamespace.launch(files, profile.namespace(), driver, idle, stop, out, this::onFailure));
        files.confirm(namespace.identity());
        client = HostClient.open(profile, network, namespace.client(), clock);
        stack.push(AgentThread.start(
                "apollo-host",
                List.of(client.hostAgent()),
                threads.newStrategy(profile.threads().hostIdle()),
                this::onFailure));
        stack.push(client);
        targets.leftOut().forEach(client.targets()::leaveOut);
        startGarbage();
        repair = stack.push(SiteRepair.start(folder, profile, namespace.client(), client, clock, this::onFailure));
        health = stack.push(new SiteHealth(
                namespace.client(), client, () -> namespace.member().isSpaceLow(), System::currentTimeMillis));
        awaitServing(out);
        mount = stack.push(SiteMount.mount(
                folder, mountPoint, profile.mount(), namespace.client(), client, clock, health::onFault, end));
        SiteBlobs blobs =
                new SiteBlobs(namespace.client(), new BlobKeyValue(namespace.client(), client, MAX_VALUE_LENGTH));
        stack.push(ControlServer.start(folder, files.record().siteId().toString(), this::answer, blobs));
        stack.push(() -> Files.deleteIfExists(folder.ready()));
        Files.writeString(folder.ready(), ProcessHandle.current().pid() + "\n");
        files.keep();
        isReady = true;
        stack.push(rest::onStopping);
        if (profile.lanes().media() == LaneProfile.Media.IPC) {
            // What comes over UDP wakes nobody.
            threads.quiet(client::isQuiet);
            rest.onServing();
        }
    }

    /** Nobody is to find a mount on which a write or a read would not go through. */
    private void awaitServing(PrintWriter out) {
        try {
            SiteHealth.Finding finding = health.awaitServing(stop::isRequested, why -> {
                out.println(why);
                out.flush();
            });
            checkHealthy();
            if (finding == null) {
                throw new CancellationException("stopped before it served");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted before it served");
        }
    }

    /** Deletes what no file refers to: freed stripes while it runs, and first what earlier sessions left uncommitted. */
    private void startGarbage() {
        Namespace tree = namespace.client();
        garbage = new GarbageCollector(tree, client.targets(), client.placements(), client.abandonedStripes(), clock);
        SweepProfile limits = options.profile().engine().sweep();
        sweep = new OrphanSweep(new SweepContext()
                .namespace(tree)
                .targets(client.targets())
                .placements(client.placements())
                .clock(clock)
                .witness(files::accepts)
                .delayNs(TimeUnit.MILLISECONDS.toNanos(limits.delayMs()))
                .limitPercent(limits.limitPercent()));
        // Nobody waits for it.
        IdleStrategy idle = new BackoffIdleStrategy(
                0, 0, TimeUnit.MILLISECONDS.toNanos(GARBAGE_IDLE_MS), TimeUnit.MILLISECONDS.toNanos(GARBAGE_REST_MS));
        stack.push(AgentThread.start("apollo-garbage", List.of(garbage, sweep), idle, this::onFailure));
    }

    /** Deadlines everywhere are in the time of this process: before anything else has one. */
    private void startClock() {
        IdleStrategy idle = new SleepingMillisIdleStrategy(ProcessClock.TICK_MS);
        stack.push(AgentThread.start("apollo-clock", List.of(clock), idle, this::onFailure));
    }

    private AeronNetworkContext networkContext(HardwareProfile profile) {
        return new AeronNetworkContext()
                .aeron(driver.aeron())
                .clock(clock)
                // One that is not answered is asked again once before the program is told.
                .requestTimeoutNs(TimeUnit.MILLISECONDS.toNanos(profile.mount().errorAfterMs()) / 2)
                .siteId(files.record().siteId())
                .secret(files.secret())
                .termLength(profile.lanes().termLength())
                .ipcMtuLength(profile.lanes().mtu());
    }

    private void describe(PrintWriter out) {
        NodeStatus.describe(this, out);
        out.flush();
    }

    /** @throws CommandFailure if a part of the node has failed, which is why it stops. */
    void checkHealthy() {
        CommandFailure failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** Any thread. The first failure counts; the node is asked to stop. */
    private void onFailure(String role, Throwable cause) {
        CommandFailure explained = cause instanceof CommandFailure known
                ? known
                : new CommandFailure(
                        ExitCode.INTERNAL,
                        role + " failed: " + Failures.describe(cause),
                        "the site stops, and its mount stays dead until it is started again; what was fsynced or"
                                + " closed is safe; run it again with --debug",
                        cause);
        if (failure.compareAndSet(null, explained)) {
            LOG.error("node: {} failed, the site stops", role, cause);
            if (stop.isOfProcess() && NamespaceMember.isOfBrokenDisk(explained)) {
                LastWord.sayUnlessEnded(explained);
            }
        } else {
            LOG.warn("node: {} failed too: {}", role, Failures.describe(cause));
        }
        stop.request();
    }

    /** Answers on the control thread. */
    private ObjectNode answer(JsonNode request) {
        ObjectNode answer = new ObjectMapper().createObjectNode();
        switch (request.path("command").asText()) {
            case "status" -> NodeStatus.fill(this, answer);
            case "connect" -> {
                rest.onAsked();
                answer.put("aeronDirectory", driver.directory());
            }
            case "confirm-sweep" -> confirmSweep(request.path("siteId").asText(), answer);
            default -> answer.put("error", "unknown command: " + request.path("command"));
        }
        return answer;
    }

    private void confirmSweep(String siteId, ObjectNode answer) {
        if (!siteId.equals(files.record().siteId().toString())) {
            answer.put(
                    "error",
                    "not this site: found=" + siteId + ", this is "
                            + files.record().siteId());
            return;
        }
        ArrayNode waiting = answer.putArray("waiting");
        sweep.status().waiting().forEach(waiting::add);
        sweep.confirm();
    }

    /** The targets have stopped, if they had started. */
    private void noteStop() {
        if (targets != null) {
            files.noteStop(targets.targets());
        }
    }

    /** Why the node was asked to stop, if that was neither a signal nor a failure; else null. */
    String notice() {
        return notice;
    }

    NodeOptions options() {
        return options;
    }

    SiteFiles files() {
        return files;
    }

    SiteDriver driver() {
        return driver;
    }

    /** Of what its media driver sends over UDP. */
    DatagramSeal seal() {
        return seal;
    }

    SiteNamespace namespace() {
        return namespace;
    }

    TargetServers targets() {
        return targets;
    }

    ApolloClient client() {
        return client;
    }

    GarbageCollector garbage() {
        return garbage;
    }

    OrphanSweep sweep() {
        return sweep;
    }

    SiteRepair repair() {
        return repair;
    }

    SiteHealth health() {
        return health;
    }

    SiteMount mount() {
        return mount;
    }

    long uptimeSeconds() {
        return (System.nanoTime() - startNs) / 1_000_000_000L;
    }

    boolean isFailed() {
        return failure.get() != null;
    }

    /** Stops in order; waits. Once. */
    @Override
    public void close() {
        stack.close();
    }
}
