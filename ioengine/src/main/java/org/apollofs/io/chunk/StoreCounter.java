package org.apollofs.io.chunk;

/** The counters of a {@link ChunkStore}: what, and in which unit. Gauges say so in their label. */
public enum StoreCounter {
    CHUNKS_WRITTEN("chunks written", "chunks"),
    BYTES_WRITTEN("payload written", "bytes"),
    CHUNKS_REPLACED("chunks written again", "chunks"),
    CHUNKS_DELETED("chunks deleted", "chunks"),
    READS("reads served", "reads"),
    BYTES_READ("payload read", "bytes"),
    READS_NOT_FOUND("reads of absent chunks", "reads"),
    CHECKSUM_MISMATCHES("writes refused by their checksum", "chunks"),
    INVALID_REQUESTS("requests that broke a bound", "requests"),
    NO_SPACE("writes refused for want of space", "chunks"),
    WRITE_ERRORS("failed device writes", "errors"),
    READ_ERRORS("failed device reads", "errors"),
    SYNC_ERRORS("failed syncs", "errors"),
    OUT_OF_SERVICE("requests refused out of service", "requests"),
    COMMITS("group commits", "commits"),
    DEVICE_QUEUE_FULL("stalls: device queue full", "stalls"),
    JOURNAL_FULL("stalls: journal full", "stalls"),
    WRITE_RING_FULL("stalls: no write slot", "stalls"),
    READ_SLOTS_FULL("stalls: no read slot", "stalls"),
    JOURNAL_RECORDS("journal records", "records"),
    JOURNAL_USED_BYTES("journal in use (gauge)", "bytes"),
    COMPACTIONS("snapshots written", "snapshots"),
    SNAPSHOT_BYTES("snapshot size (gauge)", "bytes"),
    CHUNKS("chunks held (gauge)", "chunks"),
    USED_BYTES("space in use (gauge)", "bytes"),
    PAYLOAD_SPACE_BYTES("space handed out for payload, padding included", "bytes"),
    LARGEST_FREE_BYTES("largest free block (gauge)", "bytes"),
    FRAGMENTED_BYTES("free space in blocks too small for a whole chunk (gauge)", "bytes"),
    MEMORY_BYTES("memory of index and space outside the heap (gauge)", "bytes");

    private final String label;
    private final String unit;

    StoreCounter(String label, String unit) {
        this.label = label;
        this.unit = unit;
    }

    /** What is counted. */
    public String label() {
        return label;
    }

    /** In which unit. */
    public String unit() {
        return unit;
    }
}
