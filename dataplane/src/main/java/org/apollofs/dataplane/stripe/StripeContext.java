package org.apollofs.dataplane.stripe;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.namespace.client.PlacementTable;

/**
 * What all stripes of a host share: targets, layout, slabs, time-outs. Set, then {@link #conclude()}; afterwards
 * immutable, for any thread. Owns nothing but what it makes at {@code conclude()}, none of which needs closing.
 */
public final class StripeContext {
    private StripeLayout layout;
    private PlacementTable placement;
    private PlacementTables placements;
    private Targets targets;
    private NanoClock clock;
    private WaitStrategy waitStrategy = WaitStrategy.PARKING;
    private DataCounters counters;
    private SlabPool dataSlabs;
    private SlabPool paritySlabs;
    private SlabPool readSlabs;
    private long patienceNs = TimeUnit.SECONDS.toNanos(120);
    private long writeTimeoutNs = TimeUnit.SECONDS.toNanos(30);
    private long readTimeoutNs = TimeUnit.SECONDS.toNanos(10);
    private int stripesInFlight = 8;

    private final StripeNumbers numbers = new StripeNumbers();
    private final AbandonedStripes abandoned = new AbandonedStripes();
    private final SuspectChunks suspects = new SuspectChunks();
    private final ConcurrentLinkedQueue<Stripe> attention = new ConcurrentLinkedQueue<>();
    private SlabSupply dataSupply;
    private SlabSupply paritySupply;
    private GroupChooser chooser;
    private ParityCodes codes;
    private ErasureCode code;

    /** Shape of new stripes. */
    public StripeContext layout(StripeLayout value) {
        layout = value;
        return this;
    }

    /** Table for new stripes. */
    public StripeContext placement(PlacementTable value) {
        placement = value;
        return this;
    }

    /** Tables of all stripes. */
    public StripeContext placements(PlacementTables value) {
        placements = value;
        return this;
    }

    /** Lanes to all targets. */
    public StripeContext targets(Targets value) {
        targets = value;
        return this;
    }

    /** Time for deadlines. */
    public StripeContext clock(NanoClock value) {
        clock = value;
        return this;
    }

    /** How workers wait. */
    public StripeContext waitStrategy(WaitStrategy value) {
        waitStrategy = value;
        return this;
    }

    /** Where to count. */
    public StripeContext counters(DataCounters value) {
        counters = value;
        return this;
    }

    /** Slabs of data chunks, each of at least a chunk's length; shared with the mount, which receives into them. */
    public StripeContext dataSlabs(SlabPool value) {
        dataSlabs = value;
        return this;
    }

    /** Slabs of parity chunks. Not needed without parity, or with copies. */
    public StripeContext paritySlabs(SlabPool value) {
        paritySlabs = value;
        return this;
    }

    /** Slabs into which chunks are read, each of at least a chunk's length. */
    public StripeContext readSlabs(SlabPool value) {
        readSlabs = value;
        return this;
    }

    /**
     * How long a request waits for targets that do not answer, or for slabs, before its caller is told, in ns. All else
     * here says only when another way is tried.
     */
    public StripeContext patienceNs(long value) {
        patienceNs = value;
        return this;
    }

    /** After so long without room in a lane a stripe is sent elsewhere, or anew, in ns. */
    public StripeContext writeTimeoutNs(long value) {
        writeTimeoutNs = value;
        return this;
    }

    /** After so long without an answer, while others answer, a read tries parity, in ns. */
    public StripeContext readTimeoutNs(long value) {
        readTimeoutNs = value;
        return this;
    }

    /** Stripes that one file may have unacknowledged: its writer waits beyond. */
    public StripeContext stripesInFlight(int value) {
        stripesInFlight = value;
        return this;
    }

    /** Checks and completes. @throws IllegalArgumentException naming what is missing or does not fit. */
    public StripeContext conclude() {
        requirePresent("layout", layout);
        requirePresent("placement", placement);
        requirePresent("placements", placements);
        requirePresent("targets", targets);
        requirePresent("clock", clock);
        requirePresent("counters", counters);
        concludeSlabs();
        chooser = new GroupChooser(placement, targets, numbers);
        codes = new ParityCodes();
        code = codes.code(layout.dataChunks(), layout.parityChunks());
        return this;
    }

    private void concludeSlabs() {
        requireSlabs("dataSlabs", dataSlabs, layout.dataChunks() + 1);
        requireSlabs("readSlabs", readSlabs, readSlabsPerOperation());
        if (parityBuffers() > 0) {
            requireSlabs("paritySlabs", paritySlabs, parityBuffers());
            paritySupply = new SlabSupply(paritySlabs, clock, waitStrategy, patienceNs, counters);
        }
        dataSupply = new SlabSupply(dataSlabs, clock, waitStrategy, patienceNs, counters);
    }

    private void requireSlabs(String name, SlabPool pool, int least) {
        requirePresent(name, pool);
        if (pool.slabLength() < layout.chunkLength() || pool.slabCount() < least) {
            throw new IllegalArgumentException("stripe context: " + name + ": slabLength=" + pool.slabLength()
                    + " (at least " + layout.chunkLength() + "), slabCount=" + pool.slabCount() + " (at least " + least
                    + " for layout " + layout + ")");
        }
    }

    private static void requirePresent(String name, Object value) {
        if (value == null) {
            throw new IllegalArgumentException("stripe context: " + name + " is not set");
        }
    }

    StripeLayout layout() {
        return layout;
    }

    PlacementTable placement() {
        return placement;
    }

    PlacementTables placements() {
        return placements;
    }

    Targets targets() {
        return targets;
    }

    NanoClock clock() {
        return clock;
    }

    WaitStrategy waitStrategy() {
        return waitStrategy;
    }

    DataCounters counters() {
        return counters;
    }

    SlabPool readSlabs() {
        return readSlabs;
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

    int stripesInFlight() {
        return stripesInFlight;
    }

    StripeNumbers numbers() {
        return numbers;
    }

    /** Stripes to be deleted that the namespace has not heard of. */
    public AbandonedStripes abandoned() {
        return abandoned;
    }

    /** Chunks that readers found missing or bad. */
    public SuspectChunks suspects() {
        return suspects;
    }

    /** Stripes that the host agent is to look after. */
    ConcurrentLinkedQueue<Stripe> attention() {
        return attention;
    }

    /** Slabs of data chunks. */
    public SlabSupply dataSupply() {
        return dataSupply;
    }

    /** Slabs of parity chunks; null if the layout needs none. */
    public SlabSupply paritySupply() {
        return paritySupply;
    }

    /** Whether writers wait for slabs, or would have to. */
    public boolean isShortOfSlabs() {
        return dataSupply.isShort() || (paritySupply != null && paritySupply.isShort());
    }

    GroupChooser chooser() {
        return chooser;
    }

    /** Code of new stripes. */
    ErasureCode code() {
        return code;
    }

    ParityCodes codes() {
        return codes;
    }

    /** Slabs a stripe needs for parity: none for copies, which are sent from the original. */
    int parityBuffers() {
        return layout.dataChunks() == 1 ? 0 : layout.parityChunks();
    }

    /**
     * Most slabs that one read holds at a time: k survivors and the chunk they give, one for small pieces, and the
     * pieces it hands on ({@link ReadSink#MAX_HELD}).
     */
    int readSlabsPerOperation() {
        return layout.dataChunks() + 2 + ReadSink.MAX_HELD;
    }
}
