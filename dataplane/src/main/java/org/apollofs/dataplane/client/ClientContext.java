package org.apollofs.dataplane.client;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.WaitStrategy;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.transport.Network;

/**
 * What an {@link ApolloClient} is made of. Set, then {@link #conclude()}. Namespace and network stay the caller's, who
 * closes them after the client; the slab pools are the client's own.
 */
public final class ClientContext {
    /** Largest inline content: what fits the smallest chunk too, so that a file can outgrow it. */
    public static final int MAX_INLINE_LIMIT = StripeLayout.MIN_CHUNK_LENGTH;

    private Namespace namespace;
    private Network network;
    private int[] targetIds;
    private int[] failureDomains;
    private StripeLayout layout = new StripeLayout(4, 2, 1024 * 1024);
    private int inlineLimit = 64 * 1024;
    private int maxRequestLength = 1024 * 1024;
    private int dataSlabs = 64;
    private int paritySlabs = 32;
    private int readSlabs = 64;
    private int largeWriteLength;
    private int readAheadStripes = 2;
    private int stripesInFlight = 8;
    private long patienceNs = TimeUnit.SECONDS.toNanos(120);
    private long writeTimeoutNs = TimeUnit.SECONDS.toNanos(30);
    private long readTimeoutNs = TimeUnit.SECONDS.toNanos(10);
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private EpochNanoClock epochClock = SystemEpochNanoClock.INSTANCE;
    private WaitStrategy waitStrategy = WaitStrategy.PARKING;

    /** The tree, whose session names the stripes. */
    public ClientContext namespace(Namespace value) {
        namespace = value;
        return this;
    }

    /** Where lanes come from. */
    public ClientContext network(Network value) {
        network = value;
        return this;
    }

    /** All targets of the site: at least k+m. */
    public ClientContext targetIds(int... value) {
        targetIds = value.clone();
        return this;
    }

    /** Failure domain of each target, in the same order, by any numbering; by default each is its own. */
    public ClientContext failureDomains(int... value) {
        failureDomains = value.clone();
        return this;
    }

    /** Shape of new stripes. Default 4+2 of 1 MiB. */
    public ClientContext layout(StripeLayout value) {
        layout = value;
        return this;
    }

    /** Files of up to so many bytes are kept in the namespace. Default and most: 64 KiB; 0 for none. */
    public ClientContext inlineLimit(int value) {
        inlineLimit = value;
        return this;
    }

    /** Longest read or write of the mount, in bytes. Default 1 MiB. */
    public ClientContext maxRequestLength(int value) {
        maxRequestLength = value;
        return this;
    }

    /** Slabs to receive writes into and hold them until they are durable. Default 64. */
    public ClientContext dataSlabs(int value) {
        dataSlabs = value;
        return this;
    }

    /** Slabs for parity. Default 32. Not allocated for layouts without parity, or with copies. */
    public ClientContext paritySlabs(int value) {
        paritySlabs = value;
        return this;
    }

    /** Slabs to read into. Default 64. */
    public ClientContext readSlabs(int value) {
        readSlabs = value;
        return this;
    }

    /** A write this long becomes a chunk without being copied, a shorter one is coalesced. Default half a chunk. */
    public ClientContext largeWriteLength(int value) {
        largeWriteLength = value;
        return this;
    }

    /** Stripes to be ahead of a sequential reader. Default 2. */
    public ClientContext readAheadStripes(int value) {
        readAheadStripes = value;
        return this;
    }

    /** Stripes that a file may have unacknowledged. Default 8. */
    public ClientContext stripesInFlight(int value) {
        stripesInFlight = value;
        return this;
    }

    /**
     * How long a request waits for targets that do not answer, or for slabs, before its caller is told, in ns. Default
     * 120 s. All other times here say only when another way is tried.
     */
    public ClientContext patienceNs(long value) {
        patienceNs = value;
        return this;
    }

    /** After so long without room in a lane a stripe is sent elsewhere, or anew, in ns. Default 30 s. */
    public ClientContext writeTimeoutNs(long value) {
        writeTimeoutNs = value;
        return this;
    }

    /** After so long without an answer, while others answer, a read tries parity, in ns. Default 10 s. */
    public ClientContext readTimeoutNs(long value) {
        readTimeoutNs = value;
        return this;
    }

    /** Time for deadlines. */
    public ClientContext clock(NanoClock value) {
        clock = value;
        return this;
    }

    /** Time for modification times. */
    public ClientContext epochClock(EpochNanoClock value) {
        epochClock = value;
        return this;
    }

    /** How workers wait. */
    public ClientContext waitStrategy(WaitStrategy value) {
        waitStrategy = value;
        return this;
    }

    /** Checks and completes. @throws IllegalArgumentException naming what is missing or does not fit. */
    public ClientContext conclude() {
        if (namespace == null || network == null || targetIds == null) {
            throw new IllegalArgumentException("client context: namespace, network and targetIds must be set");
        }
        if (inlineLimit < 0 || inlineLimit > MAX_INLINE_LIMIT) {
            throw new IllegalArgumentException(
                    "client context: inlineLimit=" + inlineLimit + " (0 to " + MAX_INLINE_LIMIT + ")");
        }
        concludeTargets();
        concludeLengths();
        return this;
    }

    private void concludeTargets() {
        if (targetIds.length < layout.width()) {
            throw new IllegalArgumentException("client context: layout " + layout + " needs " + layout.width()
                    + " targets, there are " + targetIds.length);
        }
        if (failureDomains == null) {
            failureDomains = targetIds.clone();
        }
        if (failureDomains.length != targetIds.length) {
            throw new IllegalArgumentException(
                    "client context: " + targetIds.length + " targets, " + failureDomains.length + " failure domains");
        }
    }

    private void concludeLengths() {
        if (largeWriteLength == 0) {
            largeWriteLength = layout.chunkLength() / 2;
        }
        if (maxRequestLength < StripeLayout.PAD_LENGTH || maxRequestLength % StripeLayout.PAD_LENGTH != 0) {
            throw new IllegalArgumentException("client context: maxRequestLength=" + maxRequestLength
                    + " (a multiple of " + StripeLayout.PAD_LENGTH + ")");
        }
    }

    Namespace namespace() {
        return namespace;
    }

    Network network() {
        return network;
    }

    int[] targetIds() {
        return targetIds;
    }

    int[] failureDomains() {
        return failureDomains;
    }

    StripeLayout layout() {
        return layout;
    }

    int inlineLimit() {
        return inlineLimit;
    }

    int largeWriteLength() {
        return largeWriteLength;
    }

    int readAheadStripes() {
        return readAheadStripes;
    }

    int stripesInFlight() {
        return stripesInFlight;
    }

    long patienceNs() {
        return patienceNs;
    }

    long writeTimeoutNs() {
        return writeTimeoutNs;
    }

    long readTimeoutNs() {
        return readTimeoutNs;
    }

    NanoClock clock() {
        return clock;
    }

    EpochNanoClock epochClock() {
        return epochClock;
    }

    WaitStrategy waitStrategy() {
        return waitStrategy;
    }

    int dataSlabs() {
        return dataSlabs;
    }

    int paritySlabs() {
        return paritySlabs;
    }

    int readSlabs() {
        return readSlabs;
    }

    /** Bytes of a slab: a chunk and a request fit. */
    int slabLength() {
        return Math.max(layout.chunkLength(), maxRequestLength);
    }
}
