package org.apollofs.namespace.client;

import java.util.List;

/**
 * A change of a file's content, applied as a whole or not at all.
 *
 * <p>All extents on one stripe stand in one commit, after the stripe is sealed: once no extent of the file refers to a
 * stripe that a commit has named, it is queued to be deleted, and a later commit must not name it again.
 *
 * @param inode the file.
 * @param replace true: what the file held is dropped first (an O_TRUNC that is committed with the new content).
 * @param expectedContentVersion the commit is refused with {@link NamespaceError#VERSION_MISMATCH} if the file's
 *     content version is another; {@link #ANY_VERSION} for none.
 * @param inline new inline bytes, which replace those there, or null to leave them. Needs {@code replace} or an
 *     expected version, as it stands for the whole start of the file.
 * @param extents laid over what is there, later ones over earlier ones; what they cover is freed.
 * @param size the file becomes at least this long; with {@code replace}, exactly.
 * @param mtimeNs new modification time, or {@link #NOW} for the time of the log.
 */
public record ContentCommit(
        long inode,
        boolean replace,
        long expectedContentVersion,
        byte[] inline,
        List<Extent> extents,
        long size,
        long mtimeNs) {
    public static final long ANY_VERSION = -1;
    public static final long NOW = -1;
}
