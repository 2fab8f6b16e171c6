package org.apollofs.io.device.fault;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Sectors with their history since they were last durable. A sector that was never written is zero. Ordered by number, so
 * that chance meets them in the same order each time.
 */
final class SectorStore {
    private final int length;
    private final byte[] zeros;
    private final TreeMap<Long, byte[]> durable = new TreeMap<>();
    /** Versions by sector, oldest first. */
    private final TreeMap<Long, ArrayDeque<Version>> written = new TreeMap<>();

    private long deliveries;

    SectorStore(int length) {
        this.length = length;
        this.zeros = new byte[length];
    }

    /** Counts writes whose completion was polled: a sync covers those up to the count at its queueing. */
    long deliveries() {
        return deliveries;
    }

    /** The completion of a write was polled. */
    void onDelivered(Write write) {
        write.deliveredAs = ++deliveries;
    }

    /** Adds a version of one sector. */
    void write(long deviceOffset, DirectBuffer source, int offset, Write write) {
        byte[] content = new byte[length];
        source.getBytes(offset, content);
        written.computeIfAbsent(deviceOffset / length, number -> new ArrayDeque<>())
                .addLast(new Version(write, content));
    }

    /** The newest version of one sector. */
    void read(long deviceOffset, MutableDirectBuffer target, int offset) {
        target.putBytes(offset, newest(deviceOffset / length));
    }

    /** A sync that covers so many deliveries succeeded: their sectors are durable now. */
    void makeDurable(long covered) {
        written.entrySet().removeIf(entry -> {
            ArrayDeque<Version> versions = entry.getValue();
            int count = coveredVersions(versions, covered);
            for (int i = 0; i < count; i++) {
                durable.put(entry.getKey(), versions.removeFirst().content);
            }
            return versions.isEmpty();
        });
    }

    /** A sync failed: no later one makes durable what this one did not (as kernels do, which count a failure once). */
    void abandon(long covered) {
        for (ArrayDeque<Version> versions : written.values()) {
            for (Version version : versions) {
                version.write.abandoned |= version.write.deliveredAs <= covered;
            }
        }
    }

    /** Keeps of each sector any version, or the durable one. */
    void settle(Random random) {
        written.forEach((number, versions) -> {
            int kept = random.nextInt(versions.size() + 1);
            for (int i = 0; i < kept; i++) {
                durable.put(number, versions.removeFirst().content);
            }
        });
        written.clear();
    }

    void flipBit(long deviceOffset, int bit) {
        long number = deviceOffset / length;
        int at = (int) (deviceOffset % length);
        byte[] base = durable.computeIfAbsent(number, absent -> new byte[length]);
        base[at] ^= (byte) (1 << bit);
        if (written.containsKey(number)) {
            for (Version version : written.get(number)) {
                version.content[at] ^= (byte) (1 << bit);
            }
        }
    }

    int volatileCount() {
        return written.size();
    }

    boolean holds(long deviceOffset, DirectBuffer expected, int offset, int byteCount) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < byteCount; done += length) {
            expected.getBytes(offset + done, bytes);
            if (!Arrays.equals(bytes, newest((deviceOffset + done) / length))) {
                return false;
            }
        }
        return true;
    }

    private byte[] newest(long number) {
        ArrayDeque<Version> versions = written.get(number);
        return versions != null ? versions.peekLast().content : durable.getOrDefault(number, zeros);
    }

    /** Versions up to the newest one that a sync covers: what lies before it was overwritten. */
    private static int coveredVersions(ArrayDeque<Version> versions, long covered) {
        int place = 0;
        int count = 0;
        for (Version version : versions) {
            Write write = version.write;
            place++;
            if (write.deliveredAs <= covered && !write.abandoned) {
                count = place;
            }
        }
        return count;
    }

    /** One write operation, whose sectors may land at different times. */
    static final class Write {
        private long deliveredAs = Long.MAX_VALUE;
        private boolean abandoned;
    }

    /** What one write left in a sector. */
    private record Version(Write write, byte[] content) {}
}
