package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.client.EgressListener;
import io.aeron.cluster.codecs.AdminRequestType;
import io.aeron.cluster.codecs.AdminResponseCode;
import io.aeron.cluster.codecs.EventCode;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.Header;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.ResultDecoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session's commands to the cluster and the results back.
 *
 * <p>Calling threads encode and wait; one agent does the rest. It gives each command the next id, sends what there is
 * together in one message, and keeps each command until its result has come. When a connection breaks it opens another and
 * sends what is unanswered once more, under the same ids: the state machine applies each once. The window of ids under way
 * is bounded, and so is what the state machine must remember; beyond it callers wait. A command whose deadline passes fails
 * with TIMEOUT (it may yet take effect), or UNAVAILABLE if it was never sent.
 *
 * <p>Where nothing is answered for a while, the other side may be slow, or have been started anew and know nothing of this
 * connection: it does not say so. So another is searched for, while the one there is goes on; the first to answer stays.
 *
 * <p>The agent owns the connection and the Aeron client, which has no thread of its own. When that ends, because the driver has or
 * because one took the other for gone, the agent makes another on the driver that runs then; calls wait.
 */
final class ClusterClient implements Agent, CommandChannel, EgressListener {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterClient.class);
    static final int NO_LEADER = -1;

    /** Rest while nothing is under way: whoever has a command wakes the thread. */
    static final long IDLE_REST_NS = 20_000_000L;

    private static final long KEEP_ALIVE_NS = 1_000_000_000L;
    private static final long CHECK_NS = 10_000_000L;
    private static final long GONE_CHECK_NS = 1_000_000_000L;

    private static final long RECONNECT_NS = 100_000_000L;
    /** The other side is silent for so long, while this process ran: another connection is searched for beside. */
    private static final long SILENT_NS = 2 * LeaderSearch.QUICK_NS;
    /** Between two lines of who waits. */
    private static final long SAY_NS = 5_000_000_000L;
    /** A call in close(): the site may be gone already. */
    private static final long CLOSE_NS = 3_000_000_000L;

    private final ClusterClientContext ctx;
    private final ErrorHandler errorHandler = e -> LOG.warn("namespace client: {}", e.getMessage());
    private final CallWindow calls;
    private final ReadClient reads;
    private final ExpandableDirectByteBuffer message = new ExpandableDirectByteBuffer(2 * CallWindow.FULL_LENGTH);
    private final UnsafeBuffer control = new UnsafeBuffer(new byte[128]);
    private final UnsafeBuffer resultView = new UnsafeBuffer(0, 0);
    private final CommandEncoder encoder = new CommandEncoder();
    private final ResultDecoder decoder = encoder.results();
    private final CRC32C checksum = new CRC32C();
    private final Frames.Consumer onResult = this::onResult;

    /** Null while there is no driver. */
    private Aeron aeron;

    private String aeronDirectory;
    private long goneCheckNs;
    private final LeaderSearch<AeronCluster> search;
    private AeronCluster cluster;
    private int messageLength;
    private long openSentNs;
    private long lastSentNs;
    private long lastCommandNs;
    /** Whether something was sent, or was to be, since the last word of the other side; and since when, in time awake. */
    private boolean isAwaiting;

    private long awaitingSinceNs;
    private long lastCheckNs;
    private long reconnectNs;
    private volatile String disconnectedWhy = "not connected yet";

    private final AtomicReference<SnapshotRequest> snapshotRequest = new AtomicReference<>();
    private volatile long session;
    private volatile int leader = NO_LEADER;
    private volatile boolean isFenced;

    ClusterClient(ClusterClientContext ctx) {
        this.ctx = ctx;
        search = new LeaderSearch<>(() -> new ConnectAttempt(aeron, clusterContext()));
        calls = new CallWindow(ctx);
        reads = ctx.readsRemotely() ? new ReadClient(ctx) : null;
        long now = ctx.nanoClock().nanoTime();
        openSentNs = now - ctx.resendIntervalNs();
        reconnectNs = now;
        goneCheckNs = now;
        lastCheckNs = now;
        lastSentNs = now;
        lastCommandNs = now;
    }

    /** Where questions go that do not take a place in the log; null if there is no such way. */
    ReadClient reads() {
        return reads;
    }

    // Calling threads.

    /** The session, once it is open. @throws NamespaceException UNAVAILABLE if it is not within the time to connect. */
    @Override
    public long session() {
        if (session == 0) {
            awaitOpen();
        }
        return session;
    }

    /**
     * Waits until the session is open: for the context's time to connect, of which only what this process is awake counts.
     *
     * @throws NamespaceException UNAVAILABLE.
     * @throws CancellationException if the context's cancellation says so.
     */
    void awaitOpen() {
        AwakeClock waited = new AwakeClock(ctx.nanoClock());
        long saidNs = 0;
        while (session == 0) {
            long waitedNs = waited.look();
            if (ctx.cancellation().getAsBoolean()) {
                throw new CancellationException("connecting to the namespace was given up");
            }
            if (waitedNs > ctx.connectTimeoutNs() || calls.isClosed()) {
                throw new NamespaceException(
                        NamespaceError.UNAVAILABLE, "no session of the namespace: " + disconnectedWhy);
            }
            if (waitedNs - saidNs > SAY_NS) {
                saidNs = waitedNs;
                ctx.progress().accept(disconnectedWhy);
            }
            ctx.wake();
            LockSupport.parkNanos(100_000);
        }
    }

    /** Asks the member that leads for a snapshot, of all members. Returns when it has begun. */
    void takeSnapshot() {
        SnapshotRequest request = new SnapshotRequest();
        if (!snapshotRequest.compareAndSet(null, request)) {
            throw new NamespaceException(NamespaceError.UNAVAILABLE, "another request for a snapshot is under way");
        }
        ctx.wake();
        try {
            request.await(ctx.nanoClock(), ctx.deadlineNs());
        } finally {
            snapshotRequest.set(null);
        }
    }

    private int requestSnapshot() {
        SnapshotRequest request = snapshotRequest.get();
        if (request == null || !request.isToBeSent()) {
            return 0;
        }
        long correlation = aeron.nextCorrelationId();
        if (!cluster.sendAdminRequestToTakeASnapshot(correlation)) {
            return 0;
        }
        request.sent(correlation);
        return 1;
    }

    @Override
    public void onAdminResponse(
            long clusterSessionId,
            long correlationId,
            AdminRequestType requestType,
            AdminResponseCode responseCode,
            String text,
            DirectBuffer payload,
            int payloadOffset,
            int payloadLength) {
        SnapshotRequest request = snapshotRequest.get();
        if (request != null) {
            request.answered(correlationId, responseCode == AdminResponseCode.OK ? null : responseCode + " " + text);
        }
    }

    /** The member that leads, as far as this client knows; {@link #NO_LEADER} while it is not connected. */
    int leader() {
        return leader;
    }

    @Override
    public Call begin() {
        return calls.begin(ctx.deadlineNs());
    }

    /** Ends the session in order, if the cluster can be reached. */
    @Override
    public void close() {
        if (session != 0 && !calls.isClosed() && !isFenced) {
            CommandEncoder closing = new CommandEncoder();
            try (Call call = calls.begin(CLOSE_NS)) {
                closing.results().done(call.execute(closing.closeSession(call.command())));
            } catch (NamespaceException e) {
                // The session ends by its lease then.
                LOG.debug("closing the session: {}", e.getMessage());
            }
        }
        calls.close();
        if (reads != null) {
            reads.close();
        }
    }

    // The agent.

    /** How long the thread may rest: not while answers are to come that callers are in a hurry for. */
    long restNs() {
        if (!calls.isEmpty() || session == 0) {
            return 0;
        }
        return reads == null ? IDLE_REST_NS : reads.restNs();
    }

    @Override
    public String roleName() {
        return "namespace-client";
    }

    @Override
    public int doWork() {
        long now = ctx.nanoClock().nanoTime();
        int work = calls.admit();
        if (aeron == null) {
            work += connectToDriver(now);
        } else if (aeron.isClosed() || isDriverGone(now)) {
            dropDriver();
            work++;
        } else {
            work += workOnDriver(now);
        }
        if (now - lastCheckNs > CHECK_NS) {
            lastCheckNs = now;
            checkDeadlines(now);
        }
        return work;
    }

    private int connectToDriver(long now) {
        if (reads != null) {
            reads.pollWithoutDriver(now);
        }
        if (now - reconnectNs < 0) {
            return 0;
        }
        reconnectNs = now + RECONNECT_NS;
        String directory = ctx.driver().directory();
        if (directory == null) {
            disconnectedWhy = "there is no media driver";
            return 0;
        }
        try {
            aeron = Aeron.connect((ctx.driver().isInProcess()
                            ? AeronTimeouts.ofClient(directory)
                            : AeronTimeouts.ofForeignClient(directory))
                    .useConductorAgentInvoker(true)
                    .clientName(DriverClients.nameOf(roleName()))
                    .errorHandler(errorHandler));
            aeronDirectory = directory;
            reconnectNs = now;
        } catch (AeronException | UncheckedIOException | IllegalStateException e) {
            // It starts, or has ended just now.
            disconnectedWhy = e.getMessage();
            LOG.debug("namespace client: no media driver: {}", e.getMessage());
        }
        return 1;
    }

    private boolean isDriverGone(long now) {
        if (now - goneCheckNs < GONE_CHECK_NS) {
            return false;
        }
        goneCheckNs = now;
        return ctx.driver().isGone(aeronDirectory);
    }

    private void dropDriver() {
        LOG.info("namespace client: the media driver is gone, waits for the next: directory={}", aeronDirectory);
        if (reads != null) {
            reads.dropDriver();
        }
        CloseHelper.quietCloseAll(search, cluster, aeron);
        aeron = null;
        disconnected("the media driver is gone: " + aeronDirectory);
    }

    private int workOnDriver(long now) {
        int work = aeron.conductorAgentInvoker().invoke();
        if (aeron.isClosed()) {
            return 1;
        }
        try {
            work += workOnCluster(now);
            if (reads != null) {
                work += reads.poll(aeron, leader, now);
            }
        } catch (AgentTerminationException | AeronException e) {
            // Thrown out of a call when the Aeron client ends in it; else it is a bug.
            if (!aeron.isClosed()) {
                throw e;
            }
            LOG.debug("namespace client: {}", e.getMessage());
        }
        return work;
    }

    private int workOnCluster(long now) {
        if (cluster == null) {
            return connect(now);
        }
        int work = cluster.pollEgress();
        work += send(now);
        work += cluster.isClosed() ? 0 : requestSnapshot();
        if (cluster.isClosed()) {
            disconnected("the connection was closed");
            work++;
        } else {
            keepAlive(now);
            work += searchBeside(now);
        }
        return work;
    }

    private int searchBeside(long now) {
        if (!isAwaiting || calls.awakeNs() - awaitingSinceNs < SILENT_NS) {
            return 0;
        }
        AeronCluster found = search.poll(now);
        if (found == null) {
            return 0;
        }
        LOG.debug("namespace client: nothing was answered any more, there is another connection");
        CloseHelper.quietClose(cluster);
        connected(found, now);
        return 1;
    }

    private void awaitAnswer() {
        if (!isAwaiting) {
            isAwaiting = true;
            awaitingSinceNs = calls.awakeNs();
        }
    }

    /** The other side has said something. */
    private void heard() {
        isAwaiting = false;
        search.close();
    }

    private AeronCluster.Context clusterContext() {
        return new AeronCluster.Context()
                .clientName(roleName())
                .ingressChannel(ctx.ingressChannel())
                .ingressEndpoints(ctx.ingressEndpoints())
                .egressChannel(ctx.egressChannel())
                .egressStreamId(ctx.egressStreamId())
                .credentialsSupplier(ctx.credentialsSupplier())
                .errorHandler(errorHandler)
                .egressListener(this);
    }

    private int connect(long now) {
        AeronCluster found = search.poll(now);
        if (found == null) {
            disconnectedWhy = search.why();
            return 0;
        }
        connected(found, now);
        return 1;
    }

    private void connected(AeronCluster found, long now) {
        resendSnapshotRequest();
        cluster = found;
        isAwaiting = false;
        leader = cluster.leaderMemberId();
        LOG.debug("namespace client: connected: leader={}", leader);
        calls.resend();
        messageLength = 0;
        openSentNs = now - ctx.resendIntervalNs();
    }

    private void resendSnapshotRequest() {
        SnapshotRequest request = snapshotRequest.get();
        if (request != null) {
            request.resend();
        }
    }

    private void disconnected(String why) {
        resendSnapshotRequest();
        disconnectedWhy = why;
        cluster = null;
        leader = NO_LEADER;
        LOG.debug("namespace client: not connected: {}", why);
        search.lost(why, ctx.nanoClock().nanoTime());
    }

    private int send(long now) {
        if (session == 0) {
            return openSession(now);
        }
        int count = 0;
        while (true) {
            if (messageLength == 0) {
                messageLength = calls.gather(message, 0, session, now);
            }
            if (messageLength == 0) {
                return count;
            }
            awaitAnswer();
            if (cluster.offer(message, 0, messageLength) <= 0) {
                // Back-pressure, or a change of leaders: the message waits.
                return count;
            }
            messageLength = 0;
            lastSentNs = now;
            lastCommandNs = now;
            count++;
        }
    }

    private int openSession(long now) {
        if (now - openSentNs < ctx.resendIntervalNs()) {
            return 0;
        }
        int length = encoder.openSession(control, ctx.nonce(), ctx.leaseNs());
        return sendControl(length, now) ? 1 : 0;
    }

    private boolean sendControl(int length, long now) {
        CommandHead.stamp(control, 0, session, 0, calls.lowest());
        int framed = Frames.putCommand(message, messageLength, control, 0, length, checksum);
        awaitAnswer();
        if (cluster.offer(message, messageLength, framed - messageLength) <= 0) {
            return false;
        }
        openSentNs = now;
        lastSentNs = now;
        lastCommandNs = now;
        return true;
    }

    private void keepAlive(long now) {
        if (session != 0 && !isFenced && now - lastCommandNs > ctx.leaseNs() / 4) {
            sendControl(encoder.keepAlive(control), now);
        } else if (now - lastSentNs > KEEP_ALIVE_NS && cluster.sendKeepAlive()) {
            lastSentNs = now;
        }
    }

    @Override
    public void onMessage(
            long clusterSessionId, long timestamp, DirectBuffer buffer, int offset, int length, Header header) {
        heard();
        if (!Frames.forEach(buffer, offset, length, null, onResult)) {
            throw new IllegalStateException("results that are not whole: length=" + length);
        }
    }

    private void onResult(DirectBuffer buffer, int offset, int length, boolean isWhole) {
        long id = CommandHead.commandId(buffer, offset);
        if (id == 0) {
            onControlResult(buffer, offset, length);
            return;
        }
        if (CommandHead.session(buffer, offset) == session) {
            calls.onResult(buffer, offset, length);
        }
    }

    private void onControlResult(DirectBuffer buffer, int offset, int length) {
        resultView.wrap(buffer, offset, length);
        try {
            long value = decoder.done(resultView);
            if (session == 0 && value != 0) {
                session = value;
            }
        } catch (NamespaceException e) {
            if (e.error() == NamespaceError.FENCED) {
                isFenced = true;
            }
            disconnectedWhy = e.getMessage();
            LOG.warn("namespace session {}: {}", session, e.getMessage());
        }
    }

    private void checkDeadlines(long now) {
        String where = "session=" + session + (cluster == null ? ", not connected: " + disconnectedWhy : ", connected");
        if (calls.checkDeadlines(now, where) && messageLength == 0) {
            // An answer was lost, or the cluster is slow: it will know the ids.
            calls.resend();
        }
    }

    @Override
    public void onSessionEvent(
            long correlationId,
            long clusterSessionId,
            long leadershipTermId,
            int leaderMemberId,
            EventCode code,
            String detail) {
        if (code != EventCode.OK) {
            disconnectedWhy = code + " " + detail;
        }
    }

    @Override
    public void onNewLeader(long clusterSessionId, long leadershipTermId, int leaderMemberId, String ingressEndpoints) {
        heard();
        leader = leaderMemberId;
        LOG.debug("namespace client: new leader: leader={}", leader);
        // What the old leader took but did not commit is lost.
        calls.resend();
        messageLength = 0;
    }

    @Override
    public void onClose() {
        if (reads != null) {
            reads.onClose();
        }
        CloseHelper.quietCloseAll(search, cluster, aeron);
        calls.stop();
    }
}
