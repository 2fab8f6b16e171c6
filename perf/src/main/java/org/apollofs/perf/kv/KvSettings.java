package org.apollofs.perf.kv;

/**
 * One measurement of the key-value face.
 *
 * @param members 1 or 3.
 * @param clients logical clients: each has its own keys.
 * @param inFlight operations under way, over all clients; at least one a client is needed to keep all busy.
 * @param valueLength bytes of a value.
 * @param readRatio share of gets, 0 to 1; the rest are puts.
 * @param syncLevel of the log: 0 not durable, 1 data, 2 data and file metadata.
 * @param embedded one member in the process of the load, as in an embedded site; else each is a process of its own.
 */
public record KvSettings(
        int members, int clients, int inFlight, int valueLength, double readRatio, int syncLevel, boolean embedded) {
    private static final int MOST_KEYS = 100_000_000;

    /** Checks the ranges. */
    public KvSettings {
        check(members == 1 || members == 3, "members", "1 or 3", members);
        check(clients >= 1 && clients <= MOST_KEYS, "clients", "1 to " + MOST_KEYS, clients);
        check(inFlight >= 1 && inFlight <= 1 << 16, "in-flight", "1 to 65,536", inFlight);
        check(valueLength >= 0 && valueLength <= 1 << 16, "value", "0 to 65,536 bytes", valueLength);
        check(readRatio >= 0 && readRatio <= 1, "read-ratio", "0 to 1", readRatio);
        check(syncLevel >= 0 && syncLevel <= 2, "sync", "0, 1 or 2", syncLevel);
        check(!embedded || members == 1, "embedded", "one member", members);
    }

    private static void check(boolean isTrue, String what, String expected, Object found) {
        if (!isTrue) {
            throw new IllegalArgumentException("--" + what + ": expected " + expected + ", found " + found);
        }
    }

    /** What the sync level means. */
    public String durability() {
        return switch (syncLevel) {
            case 0 -> "0 (NOT durable: the log is not synced)";
            case 1 -> "1 (durable: the log's data is synced)";
            default -> "2 (durable: the log's data and file metadata are synced)";
        };
    }
}
