package org.apollofs.namespace.cluster;

import io.aeron.security.CredentialsSupplier;
import io.aeron.security.NullCredentialsSupplier;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.command.NamespaceReads;

/** How a {@link ClusterNamespace} connects. Setters, then {@link #conclude()}; not changed after. */
public final class ClusterClientContext {
    private DriverSource driver;
    private List<MemberAddress> addresses = List.of();
    private String ingressEndpoints;
    private String egressChannel;
    private ThreadFactory threadFactory;
    private AttentiveIdle idle;
    private volatile IdleStrategy ownIdle;
    private NamespaceReads reads;
    private boolean readsInLog;
    private int staleMember = ClusterClient.NO_LEADER;
    private CredentialsSupplier credentialsSupplier = new NullCredentialsSupplier();
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private int maxInFlight = 1024;
    private long leaseNs = 30_000_000_000L;
    private long deadlineNs = 20_000_000_000L;
    private long connectTimeoutNs = 30_000_000_000L;
    private long resendIntervalNs = 1_000_000_000L;
    private Consumer<String> progress = line -> {};
    private BooleanSupplier cancellation = () -> false;
    private long nonce;

    /** Checks, and fills in what was left out. */
    public ClusterClientContext conclude() {
        if (driver == null) {
            throw new IllegalStateException("a client needs a media driver: aeronDirectory or driver");
        }
        if (Integer.bitCount(maxInFlight) != 1) {
            throw new IllegalStateException("a power of two is needed: maxInFlight=" + maxInFlight);
        }
        if ((ingressEndpoints == null) != (egressChannel == null)) {
            throw new IllegalStateException("over UDP a client needs ingressEndpoints and egressChannel");
        }
        if (nonce == 0) {
            nonce = new SecureRandom().nextLong();
        }
        if (idle == null) {
            idle = new AttentiveIdle();
        }
        return this;
    }

    /**
     * A client in the process of a member: of the only one over IPC, with reads from its tables; of one of several over UDP, as
     * any of them may lead.
     */
    public static ClusterClientContext beside(NamespaceMember member) {
        ClusterClientContext ctx = new ClusterClientContext()
                .aeronDirectory(member.aeronDirectory())
                .idle(member.idle());
        return member.isSingle() ? ctx.reads(member.reads()) : ctx.members(member.members());
    }

    /** As {@link #beside(NamespaceMember)}, of a member that may be started again. */
    public static ClusterClientContext beside(MemberHost host) {
        ClusterClientContext ctx = beside(host.member()).driver(host.driver());
        return host.member().isSingle() ? ctx.reads(host.reads()) : ctx;
    }

    /** Folder of a media driver of this process: over IPC, the one that a member uses. */
    public ClusterClientContext aeronDirectory(String value) {
        driver = DriverSource.of(value);
        return this;
    }

    /** The media driver, which may change: over IPC, the one that a member uses. */
    public ClusterClientContext driver(DriverSource value) {
        driver = value;
        return this;
    }

    private ClusterClientContext udp(String endpoints, String responseEndpoint) {
        ingressEndpoints = endpoints;
        egressChannel = "aeron:udp?term-length=16m|endpoint=" + responseEndpoint;
        return this;
    }

    /**
     * Goes to members over UDP instead of IPC. Answers are taken at the address from which this host reaches the first of
     * them.
     */
    public ClusterClientContext members(List<MemberAddress> members) {
        MemberAddress first = members.getFirst();
        try (DatagramSocket socket = new DatagramSocket()) {
            // Sends nothing: asks the routing table.
            socket.connect(new InetSocketAddress(first.host(), first.basePort()));
            String own = socket.getLocalAddress().getHostAddress();
            addresses = List.copyOf(members);
            return udp(MemberAddress.ingress(members), (own.indexOf(':') < 0 ? own : "[" + own + "]") + ":0");
        } catch (SocketException e) {
            throw new UncheckedIOException("member cannot be reached: host=" + first.host(), e);
        }
    }

    /** Makes the client's thread; if there is none, the caller runs {@link ClusterNamespace#agent()}. */
    public ClusterClientContext threadFactory(ThreadFactory value) {
        threadFactory = value;
        return this;
    }

    /** How the client's thread waits, and whom it wakes. */
    public ClusterClientContext idle(AttentiveIdle value) {
        idle = value;
        return this;
    }

    /**
     * Lets a member answer questions at once, from what it has applied: cheap, from any member, and possibly stale.
     * {@link ClusterNamespace#readPosition()} says how far in the log the answers are. A member that is cut off answers too.
     *
     * @param member which one.
     */
    public ClusterClientContext staleReads(int member) {
        staleMember = member;
        reads = null;
        return this;
    }

    /** Lets questions take their place in the log, like commands: slower, for tests. */
    public ClusterClientContext readsInLog() {
        readsInLog = true;
        reads = null;
        return this;
    }

    /** Where questions are answered; null for a member, beside the log. */
    public ClusterClientContext reads(NamespaceReads value) {
        reads = value;
        return this;
    }

    /** Shows who this is. */
    public ClusterClientContext credentialsSupplier(CredentialsSupplier value) {
        credentialsSupplier = value;
        return this;
    }

    public ClusterClientContext nanoClock(NanoClock value) {
        nanoClock = value;
        return this;
    }

    /** Commands under way at a time; beyond, callers wait. A power of two. */
    public ClusterClientContext maxInFlight(int value) {
        maxInFlight = value;
        return this;
    }

    /** How long the session lives without a sign of life, ns. */
    public ClusterClientContext leaseNs(long value) {
        leaseNs = value;
        return this;
    }

    /** How long a call may take, ns. */
    public ClusterClientContext deadlineNs(long value) {
        deadlineNs = value;
        return this;
    }

    /** How long connecting may take, ns. */
    public ClusterClientContext connectTimeoutNs(long value) {
        connectTimeoutNs = value;
        return this;
    }

    /**
     * Lets connecting take as long as it takes: for a client beside the only member, which is there or says that it has failed.
     *
     * @param given asked meanwhile: whether to give it up.
     * @param said told every five seconds why there is no session yet.
     */
    public ClusterClientContext connectsPatiently(BooleanSupplier given, Consumer<String> said) {
        connectTimeoutNs = AeronTimeouts.NEVER_NS;
        cancellation = given;
        progress = said;
        return this;
    }

    /** After what time without an answer a command is sent again, ns. */
    public ClusterClientContext resendIntervalNs(long value) {
        resendIntervalNs = value;
        return this;
    }

    /** Names the session while it is being opened; random if not set. */
    public ClusterClientContext nonce(long value) {
        nonce = value;
        return this;
    }

    DriverSource driver() {
        return driver;
    }

    String ingressEndpoints() {
        return ingressEndpoints;
    }

    String ingressChannel() {
        return ingressEndpoints == null ? NamespaceMember.INGRESS_IPC : "aeron:udp?term-length=16m";
    }

    String egressChannel() {
        return egressChannel == null ? NamespaceMember.INGRESS_IPC : egressChannel;
    }

    /** Where questions go to a member. */
    String readChannel(int member) {
        if (ingressEndpoints == null) {
            return NamespaceMember.INGRESS_IPC;
        }
        for (MemberAddress address : addresses) {
            if (address.id() == member) {
                return "aeron:udp?term-length=16m|endpoint=" + address.reads();
            }
        }
        throw new IllegalStateException("a member leads that is not among the profile's: member=" + member);
    }

    /** The member that answers at once; {@link ClusterClient#NO_LEADER} for linearizable reads. */
    int staleMember() {
        return staleMember;
    }

    /** Stream of the answers to questions. */
    int answerStreamId() {
        return ingressEndpoints == null ? 0x4000_0000 | egressStreamId() : ReadProtocol.ANSWER_STREAM;
    }

    /** Whether questions go to a member, beside the log. */
    boolean readsRemotely() {
        return reads == null && !readsInLog;
    }

    /** Over IPC all clients share a channel, so each takes its answers on a stream of its own. */
    int egressStreamId() {
        return ingressEndpoints == null ? 10_000 + (int) (nonce & 0x3FFF_FFFF) : 102;
    }

    ThreadFactory threadFactory() {
        return threadFactory;
    }

    /** The strategy of the client's thread. Called once, before there are calls. */
    IdleStrategy newIdleStrategy(LongSupplier rest) {
        ownIdle = idle.newStrategy(rest);
        return ownIdle;
    }

    /** The client's thread has ended. */
    void releaseIdleStrategy() {
        idle.release(ownIdle);
    }

    /** The client has a call: wakes whoever has to do with it. Any thread. */
    void wake() {
        idle.wake(ownIdle);
    }

    NamespaceReads reads() {
        return reads;
    }

    CredentialsSupplier credentialsSupplier() {
        return credentialsSupplier;
    }

    NanoClock nanoClock() {
        return nanoClock;
    }

    int maxInFlight() {
        return maxInFlight;
    }

    long leaseNs() {
        return leaseNs;
    }

    long deadlineNs() {
        return deadlineNs;
    }

    BooleanSupplier cancellation() {
        return cancellation;
    }

    Consumer<String> progress() {
        return progress;
    }

    long connectTimeoutNs() {
        return connectTimeoutNs;
    }

    long resendIntervalNs() {
        return resendIntervalNs;
    }

    long nonce() {
        return nonce;
    }
}
