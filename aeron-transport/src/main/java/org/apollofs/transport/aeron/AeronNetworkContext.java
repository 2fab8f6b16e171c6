package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.BitUtil;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.transport.LaneLimits;

/**
 * Settings of an {@link AeronNetwork}. Not thread-safe; not to be changed after {@link #conclude()}.
 *
 * <p>The caller owns the Aeron client and closes it after the network.
 */
public final class AeronNetworkContext {
    /** Longest that the MTU may be over IPC: three such frames hold no part of a UDP datagram. */
    public static final int MAX_MTU_LENGTH = 65504;

    private static final int MIN_TERM_LENGTH = 1024 * 1024;
    private static final int MAX_TERM_LENGTH = 1024 * 1024 * 1024;
    private static final int MIN_MTU_LENGTH = 1408;

    private Aeron aeron;
    private UUID siteId;
    private byte[] secret;
    private IntFunction<String> targetChannel = targetId -> CommonContext.IPC_CHANNEL;
    private String replyEndpoint = "";
    private int streamIdBase = 7000;
    private int termLength = 8 * 1024 * 1024;
    private int ipcMtuLength = MAX_MTU_LENGTH;
    private int udpMtuLength;
    private int windowLength;
    private int socketBufferLength;
    private int slotCount = 256;
    private int maxChunkLength = LaneLimits.MAX_CHUNK_LENGTH;
    private int requestCredit = 512;
    private int maxLanes = 4096;
    private int fragmentLimit = 32;
    private long requestTimeoutNs = TimeUnit.SECONDS.toNanos(20);
    private long handshakeTimeoutNs = TimeUnit.SECONDS.toNanos(60);
    private long helloIntervalNs = TimeUnit.SECONDS.toNanos(1);
    private long reconnectDelayNs = TimeUnit.MILLISECONDS.toNanos(100);
    private int protocolVersion = Wire.PROTOCOL_VERSION;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private LongSupplier nonces = new SecureRandom()::nextLong;
    private TransportCounters counters = new TransportCounters();
    private Runnable onSent = () -> {};

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException naming the setting that is missing or out of its range.
     */
    public AeronNetworkContext conclude() {
        check(aeron != null, "aeron", null);
        check(siteId != null, "siteId", null);
        check(
                secret != null && secret.length >= Authenticator.MIN_SECRET_LENGTH,
                "secret length (at least " + Authenticator.MIN_SECRET_LENGTH + ")",
                secret == null ? null : secret.length);
        boolean term = termLength >= MIN_TERM_LENGTH && termLength <= MAX_TERM_LENGTH;
        check(term && BitUtil.isPowerOfTwo(termLength), "termLength (a power of two, 1 MiB to 1 GiB)", termLength);
        concludeMtu("ipcMtuLength", ipcMtuLength);
        concludeMtu("udpMtuLength", udpMtuLength);
        check(windowLength >= 0 && windowLength <= termLength / 2, "windowLength (0 to half a term)", windowLength);
        check(socketBufferLength >= 0, "socketBufferLength", socketBufferLength);
        check(slotCount >= 1 && slotCount <= Wire.MAX_SLOTS, "slotCount (1 to 65536)", slotCount);
        check(LaneLimits.isChunkLength(maxChunkLength), "maxChunkLength (1 to 16 MiB)", maxChunkLength);
        check(requestCredit >= 1, "requestCredit", requestCredit);
        check(maxLanes >= 1, "maxLanes", maxLanes);
        check(fragmentLimit >= 1, "fragmentLimit", fragmentLimit);
        check(requestTimeoutNs > 0, "requestTimeoutNs", requestTimeoutNs);
        check(handshakeTimeoutNs > 0, "handshakeTimeoutNs", handshakeTimeoutNs);
        check(helloIntervalNs > 0, "helloIntervalNs", helloIntervalNs);
        check(reconnectDelayNs >= 0, "reconnectDelayNs", reconnectDelayNs);
        return this;
    }

    private static void concludeMtu(String name, int length) {
        boolean inRange = length >= MIN_MTU_LENGTH && length <= MAX_MTU_LENGTH && length % 32 == 0;
        check(length == 0 || inRange, name + " (0 or 1408 to 65504, a multiple of 32)", length);
    }

    private static void check(boolean holds, String setting, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("lane setting: " + setting + "=" + value);
        }
    }

    /** The client of the media driver that carries the lanes. Must outlive the network. */
    public AeronNetworkContext aeron(Aeron aeron) {
        this.aeron = aeron;
        return this;
    }

    Aeron aeron() {
        return aeron;
    }

    /** The site: hosts of others are refused. */
    public AeronNetworkContext siteId(UUID siteId) {
        this.siteId = siteId;
        return this;
    }

    UUID siteId() {
        return siteId;
    }

    /** The site's secret, 16 bytes or more; copied. Hellos are signed with it. */
    public AeronNetworkContext secret(byte[] secret) {
        this.secret = Arrays.copyOf(secret, secret.length);
        return this;
    }

    byte[] secret() {
        return secret;
    }

    /** The channel of each target: {@code aeron:ipc} (the default) or {@code aeron:udp?endpoint=host:port}. */
    public AeronNetworkContext targetChannel(IntFunction<String> targetChannel) {
        this.targetChannel = targetChannel;
        return this;
    }

    String targetChannel(int targetId) {
        return targetChannel.apply(targetId);
    }

    /**
     * Where this host awaits answers over UDP: {@code host:port}, an address that targets reach; port 0 lets the system
     * choose. Not needed for IPC.
     */
    public AeronNetworkContext replyEndpoint(String replyEndpoint) {
        this.replyEndpoint = replyEndpoint;
        return this;
    }

    String replyEndpoint() {
        return replyEndpoint;
    }

    /** Stream of hellos to target 0; target n listens on this + n. */
    public AeronNetworkContext streamIdBase(int streamIdBase) {
        this.streamIdBase = streamIdBase;
        return this;
    }

    int streamIdBase() {
        return streamIdBase;
    }

    /**
     * Bytes of a term of a lane's stream, 8 MiB by default. A stream has three at the sender, over UDP three more at the
     * receiver, and a lane has two streams. One message carries up to an eighth of it.
     */
    public AeronNetworkContext termLength(int termLength) {
        this.termLength = termLength;
        return this;
    }

    int termLength() {
        return termLength;
    }

    /** Bytes of a frame over IPC, {@link #MAX_MTU_LENGTH} by default; 0: the driver's. */
    public AeronNetworkContext ipcMtuLength(int ipcMtuLength) {
        this.ipcMtuLength = ipcMtuLength;
        return this;
    }

    int ipcMtuLength() {
        return ipcMtuLength;
    }

    /** Bytes of a frame over UDP: what the network's MTU says, less 28; 0 (the default): the driver's. */
    public AeronNetworkContext udpMtuLength(int udpMtuLength) {
        this.udpMtuLength = udpMtuLength;
        return this;
    }

    int udpMtuLength() {
        return udpMtuLength;
    }

    /** Bytes that may be on their way over UDP, at most the socket buffer; 0 (the default): the driver's. */
    public AeronNetworkContext windowLength(int windowLength) {
        this.windowLength = windowLength;
        return this;
    }

    int windowLength() {
        return windowLength;
    }

    /** Bytes of the sockets' buffers over UDP, within net.core.rmem_max and wmem_max; 0 (the default): the driver's. */
    public AeronNetworkContext socketBufferLength(int socketBufferLength) {
        this.socketBufferLength = socketBufferLength;
        return this;
    }

    int socketBufferLength() {
        return socketBufferLength;
    }

    /** Requests of all kinds that a lane may have unanswered. */
    public AeronNetworkContext slotCount(int slotCount) {
        this.slotCount = slotCount;
        return this;
    }

    int slotCount() {
        return slotCount;
    }

    /** Longest chunk in bytes that targets served here have slabs for; a longer one ends its lane. */
    public AeronNetworkContext maxChunkLength(int maxChunkLength) {
        this.maxChunkLength = maxChunkLength;
        return this;
    }

    int maxChunkLength() {
        return maxChunkLength;
    }

    /** Requests other than chunk writes that may be on their way to a target served here, shared by its lanes. */
    public AeronNetworkContext requestCredit(int requestCredit) {
        this.requestCredit = requestCredit;
        return this;
    }

    int requestCredit() {
        return requestCredit;
    }

    /** Lanes that a target served here takes. */
    public AeronNetworkContext maxLanes(int maxLanes) {
        this.maxLanes = maxLanes;
        return this;
    }

    int maxLanes() {
        return maxLanes;
    }

    /** Fragments taken from a lane in one poll, so that each gets its turn. */
    public AeronNetworkContext fragmentLimit(int fragmentLimit) {
        this.fragmentLimit = fragmentLimit;
        return this;
    }

    int fragmentLimit() {
        return fragmentLimit;
    }

    /** After which an unanswered request fails with UNREACHABLE; after twice the time the lane begins anew. */
    public AeronNetworkContext requestTimeoutNs(long requestTimeoutNs) {
        this.requestTimeoutNs = requestTimeoutNs;
        return this;
    }

    long requestTimeoutNs() {
        return requestTimeoutNs;
    }

    /**
     * How long a target keeps a lane that its host has not joined. The host itself gives up no opening: it says hello again,
     * and the target begins anew.
     */
    public AeronNetworkContext handshakeTimeoutNs(long handshakeTimeoutNs) {
        this.handshakeTimeoutNs = handshakeTimeoutNs;
        return this;
    }

    long handshakeTimeoutNs() {
        return handshakeTimeoutNs;
    }

    /** Pause between two hellos of an opening that was not answered. */
    public AeronNetworkContext helloIntervalNs(long helloIntervalNs) {
        this.helloIntervalNs = helloIntervalNs;
        return this;
    }

    long helloIntervalNs() {
        return helloIntervalNs;
    }

    /** Pause between a lost or failed connection and the next attempt. */
    public AeronNetworkContext reconnectDelayNs(long reconnectDelayNs) {
        this.reconnectDelayNs = reconnectDelayNs;
        return this;
    }

    long reconnectDelayNs() {
        return reconnectDelayNs;
    }

    /** What hellos say: for the test of a refusal. */
    AeronNetworkContext protocolVersion(int protocolVersion) {
        this.protocolVersion = protocolVersion;
        return this;
    }

    int protocolVersion() {
        return protocolVersion;
    }

    /** Clock of deadlines. */
    public AeronNetworkContext clock(NanoClock clock) {
        this.clock = clock;
        return this;
    }

    NanoClock clock() {
        return clock;
    }

    /** Source of nonces, which nobody may guess: {@link SecureRandom} by default. */
    public AeronNetworkContext nonces(LongSupplier nonces) {
        this.nonces = nonces;
        return this;
    }

    LongSupplier nonces() {
        return nonces;
    }

    /**
     * Run by whoever sends a request or an answer, any thread, when it has been sent or found no room: wakes those who have to do
     * with it and rest. Must be cheap. Nothing by default.
     */
    public AeronNetworkContext onSent(Runnable onSent) {
        this.onSent = onSent;
        return this;
    }

    Runnable onSent() {
        return onSent;
    }

    /** Counters, which may be read by anybody at any time. */
    public AeronNetworkContext counters(TransportCounters counters) {
        this.counters = counters;
        return this;
    }

    /** See {@link #counters(TransportCounters)}. */
    public TransportCounters counters() {
        return counters;
    }
}
