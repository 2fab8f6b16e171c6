package org.apollofs.dataplane.repair;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apollofs.dataplane.layout.ExtentRuns;
import org.apollofs.namespace.client.Extent;

/** A set of stripes, such as those that files refer to: ranges by session, merged where they touch. One thread. */
final class LiveStripes {
    private final Map<Long, TreeMap<Long, Long>> bySession = new HashMap<>();

    /** Adds the stripes of an extent. @param k data chunks of its placement. */
    void add(Extent extent, int k) {
        add(extent.session(), extent.stripe(), extent.stripe() + ExtentRuns.stripeCount(extent, k));
    }

    /** Adds the stripes of a session from one on, up to another (exclusive). */
    void add(long ofSession, long from, long to) {
        long first = from;
        long end = to;
        TreeMap<Long, Long> ranges = bySession.computeIfAbsent(ofSession, session -> new TreeMap<>());
        Map.Entry<Long, Long> before = ranges.floorEntry(first);
        if (before != null && before.getValue() >= first) {
            first = before.getKey();
            end = Math.max(end, before.getValue());
        }
        Map.Entry<Long, Long> after = ranges.ceilingEntry(first);
        while (after != null && after.getKey() <= end) {
            end = Math.max(end, after.getValue());
            ranges.remove(after.getKey());
            after = ranges.ceilingEntry(first);
        }
        ranges.put(first, end);
    }

    /** Whether a file refers to a stripe. */
    boolean contains(long session, long stripe) {
        TreeMap<Long, Long> ranges = bySession.get(session);
        Map.Entry<Long, Long> range = ranges == null ? null : ranges.floorEntry(stripe);
        return range != null && stripe < range.getValue();
    }
}
