package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.Stripe;
import org.apollofs.namespace.client.Extent;

/**
 * Ranges of a file and the placed chunks that hold them, none overlapping another, to be committed. Filled once; of one
 * worker.
 */
final class CommitRanges {
    private final long[] offsets;
    private final int[] lengths;
    private final int[] chunkOffsets;
    private final Chunk[] chunks;
    private int count;
    private long end;

    CommitRanges(int capacity) {
        offsets = new long[capacity];
        lengths = new int[capacity];
        chunkOffsets = new int[capacity];
        chunks = new Chunk[capacity];
    }

    /** Adds a range. @param chunkOffset byte of the chunk at which it begins. */
    void add(long offset, int length, Chunk chunk, int chunkOffset) {
        offsets[count] = offset;
        lengths[count] = length;
        chunks[count] = chunk;
        chunkOffsets[count++] = chunkOffset;
        end = Math.max(end, offset + length);
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** First byte of the file after all ranges, or 0. */
    long end() {
        return end;
    }

    /** The stripes that hold the ranges. */
    Set<Stripe> stripes() {
        Set<Stripe> stripes = new LinkedHashSet<>();
        Stripe last = null;
        for (int i = 0; i < count; i++) {
            Stripe stripe = chunks[i].stripe();
            if (stripe != last) {
                stripes.add(stripe);
                last = stripe;
            }
        }
        return stripes;
    }

    /**
     * The ranges in parts of a limited number each. All ranges of a stripe are in one part, as long as they are not more
     * than the limit by themselves: then they are in parts of their own.
     *
     * @throws IllegalStateException if a stripe has no proof that it is durable.
     */
    List<CommitRanges> parts(int limit) {
        if (count <= limit) {
            return List.of(this);
        }
        int[] order = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingLong(
                                (Integer i) -> RunBuilder.proofOf(chunks[i]).number())
                        .thenComparingInt(i -> chunks[i].index())
                        .thenComparingInt(i -> chunkOffsets[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        List<CommitRanges> parts = new ArrayList<>();
        CommitRanges part = new CommitRanges(limit);
        int at = 0;
        while (at < count) {
            int next = endOfStripe(order, at);
            if (part.count + next - at > limit && !part.isEmpty()) {
                parts.add(part);
                part = new CommitRanges(limit);
            }
            for (; at < next; at++) {
                if (part.count == limit) {
                    parts.add(part);
                    part = new CommitRanges(limit);
                }
                part.add(this, order[at]);
            }
        }
        parts.add(part);
        return parts;
    }

    private int endOfStripe(int[] order, int from) {
        Stripe stripe = chunks[order[from]].stripe();
        int end = from + 1;
        while (end < count && chunks[order[end]].stripe() == stripe) {
            end++;
        }
        return end;
    }

    private void add(CommitRanges from, int i) {
        add(from.offsets[i], from.lengths[i], from.chunks[i], from.chunkOffsets[i]);
    }

    /**
     * The ranges as extents, in as few runs as can be.
     *
     * @param k data chunks of a stripe.
     * @throws IllegalStateException if a stripe has no proof that it is durable.
     */
    List<Extent> toExtents(int k) {
        List<Extent> extents = new ArrayList<>();
        RunBuilder run = new RunBuilder(k);
        for (int i = 0; i < count; i++) {
            if (!run.append(offsets[i], lengths[i], chunks[i], chunkOffsets[i])) {
                extents.add(run.finish());
                run.begin(offsets[i], lengths[i], chunks[i], chunkOffsets[i]);
            }
        }
        if (count > 0) {
            extents.add(run.finish());
        }
        return extents;
    }
}
