package org.apollofs.namespace.client;

/**
 * What {@code setattr} changes; {@link #KEEP} leaves a field, {@link #NOW} sets a time to the log's.
 *
 * @param mode permission bits (07777).
 * @param size truncates or extends; the bytes cut off are freed, and read as zeros if the file grows again.
 */
public record AttributeChange(long mode, long uid, long gid, long size, long atimeNs, long mtimeNs) {
    public static final long KEEP = Long.MIN_VALUE;
    public static final long NOW = Long.MIN_VALUE + 1;

    /** Changes the size alone. */
    public static AttributeChange size(long size) {
        return new AttributeChange(KEEP, KEEP, KEEP, size, KEEP, KEEP);
    }
}
