package org.apollofs.dataplane.repair;

import java.util.Arrays;

/**
 * What is known of many stripes, in arrays: which data chunks files refer to, which chunks targets hold. An open hash table
 * by name; entries are places that stay until the table is cleared or grows in {@link #obtain}. One thread.
 */
final class StripeTable {
    static final int NONE = -1;
    private static final int FIRST_CAPACITY = 1 << 10;

    private long[] sessions;
    private long[] stripes;
    private int[] placements;
    private int[] referenced;
    private int[] present;
    private int[] bytes;
    private boolean[] confirmed;
    private int size;

    StripeTable() {
        allocate(FIRST_CAPACITY);
    }

    private void allocate(int capacity) {
        sessions = new long[capacity];
        stripes = new long[capacity];
        placements = new int[capacity];
        referenced = new int[capacity];
        present = new int[capacity];
        bytes = new int[capacity];
        confirmed = new boolean[capacity];
        size = 0;
    }

    /** Forgets all, and gives memory back. */
    void clear() {
        allocate(FIRST_CAPACITY);
    }

    int size() {
        return size;
    }

    /** Places there are; those that are used are entries. */
    int capacity() {
        return sessions.length;
    }

    boolean isUsed(int entry) {
        return sessions[entry] != 0;
    }

    /** @return the entry of a stripe, or {@link #NONE}. */
    int find(long session, long stripe) {
        int at = home(session, stripe);
        while (sessions[at] != 0) {
            if (sessions[at] == session && stripes[at] == stripe) {
                return at;
            }
            at = (at + 1) & (sessions.length - 1);
        }
        return NONE;
    }

    /** The entry of a stripe, added if it is not there. */
    int obtain(long session, long stripe, int placement) {
        int found = find(session, stripe);
        if (found >= 0) {
            return found;
        }
        if (size >= sessions.length / 2) {
            grow();
        }
        int at = home(session, stripe);
        while (sessions[at] != 0) {
            at = (at + 1) & (sessions.length - 1);
        }
        sessions[at] = session;
        stripes[at] = stripe;
        placements[at] = placement;
        size++;
        return at;
    }

    private void grow() {
        StripeTable old = new StripeTable();
        old.sessions = sessions;
        old.stripes = stripes;
        old.placements = placements;
        old.referenced = referenced;
        old.present = present;
        old.bytes = bytes;
        old.confirmed = confirmed;
        allocate(sessions.length * 2);
        for (int i = 0; i < old.sessions.length; i++) {
            if (old.sessions[i] != 0) {
                int at = obtain(old.sessions[i], old.stripes[i], old.placements[i]);
                referenced[at] = old.referenced[i];
                present[at] = old.present[i];
                bytes[at] = old.bytes[i];
                confirmed[at] = old.confirmed[i];
            }
        }
    }

    private int home(long session, long stripe) {
        return (int) (hash(session, stripe) >>> 32) & (sessions.length - 1);
    }

    /** Spreads names evenly over all 64 bits. */
    static long hash(long session, long stripe) {
        long hash = (session * 0x9E3779B97F4A7C15L + stripe) * 0xC2B2AE3D27D4EB4FL;
        hash ^= hash >>> 29;
        return hash * 0x165667B19E3779F9L;
    }

    long session(int entry) {
        return sessions[entry];
    }

    long stripe(int entry) {
        return stripes[entry];
    }

    int placement(int entry) {
        return placements[entry];
    }

    /** Bits of the data chunks that files refer to. */
    int referenced(int entry) {
        return referenced[entry];
    }

    /** Bits of the chunks that targets hold, or that the stripe never had. */
    int present(int entry) {
        return present[entry];
    }

    /** Bytes of files in the stripe. */
    int bytes(int entry) {
        return bytes[entry];
    }

    void addReference(int entry, int dataMask, long fileBytes) {
        referenced[entry] |= dataMask;
        bytes[entry] = (int) Math.min(Integer.MAX_VALUE, bytes[entry] + fileBytes);
    }

    void addPresent(int entry, int index) {
        present[entry] |= 1 << index;
    }

    /** Whether a file was seen to refer to the stripe after its chunks were listed. */
    boolean isConfirmed(int entry) {
        return confirmed[entry];
    }

    void confirm(int entry) {
        confirmed[entry] = true;
    }

    void clearConfirmed() {
        Arrays.fill(confirmed, false);
    }
}
