package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.Lane;

/**
 * Finds out which chunks are missing: holds what the namespace says is live against what the targets list.
 *
 * <p>In this order, since files come and go meanwhile: the live stripes, so that every chunk of them was durable before any
 * target is asked; the lists of all targets; where a target lost something, what its data chunks that no file refers to
 * ever were (parity knows); and for what seems to be missing the live stripes again, since what a file's end has deleted is
 * not lost. If they are too many to be held at a time, the stripes are gone through in parts.
 *
 * <p>One thread; no step waits but for the namespace.
 */
final class Survey {
    private static final int PROBES = 16;

    private enum Stage {
        GATHER,
        LIST,
        PROBE,
        CONFIRM,
        DONE,
        /** A target went away in the middle: begin again. */
        BROKEN
    }

    private final RepairLanes lanes;
    private final NamespaceView namespace;
    private final PlacementTables placements;
    private final NanoClock clock;
    private final int maxStripes;
    private final RepairQueue queue;
    private final StripeTable table = new StripeTable();
    private final RepairBuffers probeBuffers = new RepairBuffers(Lane.CHECKSUM_BLOCK_LENGTH);
    private final List<LengthProbe> probes = new ArrayList<>();
    private final Set<Integer> reachable = new HashSet<>();
    private final Set<Integer> lossy = new HashSet<>();
    private final Map<Integer, Long> missingByTarget = new HashMap<>();
    private Stage stage = Stage.GATHER;
    private int parts = 1;
    private int part;
    private LiveScan scan;
    private List<TargetListing> listings = List.of();
    private int probeAt;
    private boolean overflowed;
    private Redundancy redundancy = Redundancy.NONE;

    /**
     * @param maxStripes to be held at a time.
     * @param queue gets what can be repaired.
     */
    Survey(
            RepairLanes lanes,
            NamespaceView namespace,
            PlacementTables placements,
            NanoClock clock,
            int maxStripes,
            RepairQueue queue) {
        this.lanes = lanes;
        this.namespace = namespace;
        this.placements = placements;
        this.clock = clock;
        this.maxStripes = maxStripes;
        this.queue = queue;
        begin();
    }

    private void begin() {
        part = 0;
        queue.clear();
        redundancy = Redundancy.NONE;
        missingByTarget.clear();
        reachable.clear();
        for (int target : lanes.targetIds()) {
            if (lanes.isReachable(target)) {
                reachable.add(target);
            }
        }
        beginPart();
    }

    private void beginPart() {
        table.clear();
        overflowed = false;
        stage = Stage.GATHER;
        scan = new LiveScan(namespace, placements, clock, this::onLive);
    }

    boolean isDone() {
        return stage == Stage.DONE;
    }

    /** Whether a target went away: what was found is worth nothing. */
    boolean isBroken() {
        return stage == Stage.BROKEN;
    }

    /** What was found. When done. */
    Redundancy redundancy() {
        return redundancy;
    }

    /** Chunks that are not where they belong, by target: those of targets that are not there too. When done. */
    Map<Integer, Long> missingByTarget() {
        return missingByTarget;
    }

    /** Goes on by a step. @return work done. */
    int advance() {
        return switch (stage) {
            case GATHER -> gather();
            case LIST -> list();
            case PROBE -> probe();
            case CONFIRM -> confirm();
            case DONE, BROKEN -> 0;
        };
    }

    private boolean isInPart(long session, long stripe) {
        return parts == 1 || (StripeTable.hash(session, stripe) >>> 48) % parts == part;
    }

    private void onLive(long session, long stripe, int placement, int dataMask, long bytes) {
        if (!overflowed && isInPart(session, stripe)) {
            table.addReference(table.obtain(session, stripe, placement), dataMask, bytes);
            overflowed = table.size() > maxStripes;
        }
    }

    private int gather() {
        int work = scan.advance();
        if (overflowed) {
            parts *= 2;
            begin();
        } else if (scan.isDone()) {
            listings = new ArrayList<>();
            for (int target : reachable) {
                listings.add(new TargetListing(lanes, target, clock, chunk -> onListed(target, chunk)));
            }
            stage = Stage.LIST;
        }
        return work;
    }

    private void onListed(int target, ChunkAddress chunk) {
        int entry = table.find(chunk.session(), chunk.stripe());
        if (entry >= 0) {
            int[] group = placements.table(table.placement(entry)).group(chunk.stripe());
            if (chunk.index() < group.length && group[chunk.index()] == target) {
                table.addPresent(entry, chunk.index());
            }
        }
    }

    private int list() {
        int work = 0;
        boolean all = true;
        for (TargetListing listing : listings) {
            if (!listing.isDone() && !lanes.isReachable(listing.target())) {
                stage = Stage.BROKEN;
                return 0;
            }
            work += listing.advance();
            all &= listing.isDone();
        }
        if (all) {
            findLossy();
            probeAt = 0;
            stage = Stage.PROBE;
        }
        return work;
    }

    /** A target that lacks what files refer to, or parity, may lack more. */
    private void findLossy() {
        lossy.clear();
        for (int entry = 0; entry < table.capacity(); entry++) {
            if (table.isUsed(entry)) {
                int[] group = group(entry);
                for (int rest = surelyMissing(entry); rest != 0; rest &= rest - 1) {
                    lossy.add(group[Integer.numberOfTrailingZeros(rest)]);
                }
            }
        }
    }

    private PlacementTable placement(int entry) {
        return placements.table(table.placement(entry));
    }

    private int[] group(int entry) {
        return placement(entry).group(table.stripe(entry));
    }

    private int surelyMissing(int entry) {
        PlacementTable placement = placement(entry);
        int parity = ((1 << placement.parityChunks()) - 1) << placement.dataChunks();
        return (table.referenced(entry) | parity) & ~table.present(entry);
    }

    /** Data chunks that are not there and that no file refers to: lost, or never made. */
    private int doubtful(int entry) {
        PlacementTable placement = placement(entry);
        int data = (1 << placement.dataChunks()) - 1;
        int[] group = group(entry);
        int doubtful = 0;
        for (int rest = data & ~table.present(entry) & ~table.referenced(entry); rest != 0; rest &= rest - 1) {
            int index = Integer.numberOfTrailingZeros(rest);
            boolean trusted = reachable.contains(group[index]) && !lossy.contains(group[index]);
            doubtful |= trusted ? 0 : 1 << index;
        }
        return doubtful;
    }

    private int probe() {
        for (int i = probes.size(); i < PROBES; i++) {
            Slab[] slabs = probeBuffers.tryAcquire(1, PROBES);
            probes.add(new LengthProbe(lanes, probeBuffers, slabs));
        }
        int work = 0;
        int busy = 0;
        for (LengthProbe probe : probes) {
            if (!probe.isIdle() && probe.advance()) {
                int entry = probe.entry();
                int holes = probe.holes(placement(entry).dataChunks());
                for (int rest = holes & ~table.present(entry); rest != 0; rest &= rest - 1) {
                    table.addPresent(entry, Integer.numberOfTrailingZeros(rest));
                }
                work++;
            }
            if (probe.isIdle()) {
                work += beginProbe(probe);
            }
            busy += probe.isIdle() ? 0 : 1;
        }
        if (busy == 0) {
            closeProbes();
            afterProbes();
        }
        return work;
    }

    private int beginProbe(LengthProbe probe) {
        while (probeAt < table.capacity()) {
            int entry = probeAt++;
            if (table.isUsed(entry)
                    && table.present(entry) >>> placement(entry).dataChunks() != 0
                    && doubtful(entry) != 0) {
                probe.begin(entry, table.session(entry), table.stripe(entry), placement(entry), table.present(entry));
                return 1;
            }
        }
        return 0;
    }

    private void closeProbes() {
        probes.forEach(LengthProbe::close);
        probes.clear();
        probeBuffers.trim();
    }

    /** Ends it where it is. */
    void close() {
        probeBuffers.close();
        stage = Stage.BROKEN;
    }

    private void afterProbes() {
        boolean isAnyMissing = false;
        for (int entry = 0; entry < table.capacity() && !isAnyMissing; entry++) {
            isAnyMissing = table.isUsed(entry) && missing(entry) != 0;
        }
        if (isAnyMissing) {
            table.clearConfirmed();
            scan = new LiveScan(namespace, placements, clock, this::onStillLive);
            stage = Stage.CONFIRM;
        } else {
            evaluate();
        }
    }

    private void onStillLive(long session, long stripe, int placement, int dataMask, long bytes) {
        int entry = table.find(session, stripe);
        if (entry >= 0) {
            table.confirm(entry);
        }
    }

    private int confirm() {
        int work = scan.advance();
        if (scan.isDone()) {
            evaluate();
        }
        return work;
    }

    /** Chunks that should be there. A doubtful one of which nothing is known any more was none. */
    private int missing(int entry) {
        int known = doubtful(entry) != 0
                        && table.present(entry) >>> placement(entry).dataChunks() != 0
                ? doubtful(entry)
                : 0;
        return surelyMissing(entry) | known;
    }

    private void evaluate() {
        long stripes = 0;
        long bytes = 0;
        for (int entry = 0; entry < table.capacity(); entry++) {
            if (table.isUsed(entry)) {
                int missing = missing(entry);
                if (missing == 0 || table.isConfirmed(entry)) {
                    stripes++;
                    bytes += table.bytes(entry);
                }
                if (missing != 0 && table.isConfirmed(entry)) {
                    onMissing(entry, missing);
                }
            }
        }
        redundancy = redundancy.plus(stripes, bytes);
        table.clear();
        if (++part < parts) {
            beginPart();
        } else {
            stage = Stage.DONE;
        }
    }

    private void onMissing(int entry, int missing) {
        int[] group = group(entry);
        int parity = placement(entry).parityChunks();
        int spare = parity - Integer.bitCount(missing);
        redundancy = redundancy.with(spare, parity, 1, table.bytes(entry));
        boolean hasPlace = false;
        for (int rest = missing; rest != 0; rest &= rest - 1) {
            int target = group[Integer.numberOfTrailingZeros(rest)];
            missingByTarget.merge(target, 1L, Long::sum);
            hasPlace |= reachable.contains(target);
        }
        if (spare >= 0 && hasPlace) {
            queue.add(new RepairItem(
                    new StripeName(table.session(entry), table.stripe(entry)),
                    table.placement(entry),
                    table.referenced(entry),
                    missing,
                    spare,
                    table.bytes(entry),
                    true,
                    false));
        }
    }
}
