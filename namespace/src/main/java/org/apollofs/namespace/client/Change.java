package org.apollofs.namespace.client;

/**
 * An entry of the change log: one committed change of one name or inode.
 *
 * @param sequence place in the log, without gaps; the version that the changed inodes took.
 * @param timeNs time of the log, ns since the epoch.
 * @param path path from the root without a leading slash, at the time of the change (of a rename: the new one); empty if
 *     the inode had no name, or a path beyond the limit. Bytes that are not UTF-8 show as U+FFFD.
 * @param otherPath of a rename the old path, of an exchange the second one; else empty.
 * @param size bytes of the file after the change, or of a removed one before it.
 * @param transaction sequence of the last entry of its transaction: several entries with the same are all or nothing.
 * @param session writer session that did it; 0 for the namespace itself (a lease that ended).
 */
public record Change(
        long sequence,
        long timeNs,
        ChangeOperation operation,
        String path,
        String otherPath,
        long inode,
        long parent,
        long size,
        long transaction,
        long session) {
    /** Whether its transaction is whole with this entry. */
    public boolean isLastOfTransaction() {
        return sequence == transaction;
    }
}
