package org.apollofs.fuse.kernel;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.fuse.Attributes;
import org.apollofs.fuse.OpenReply;
import org.apollofs.namespace.client.Inode;

/**
 * Writes fuse_attr, fuse_attr_out, fuse_entry_out and fuse_open_out. Immutable; any thread.
 *
 * <pre>
 * fuse_entry_out:  0        8           16          24         32               36              40
 *                  +--------+-----------+-----------+----------+----------------+---------------+----------+
 *                  | nodeid | generation|entry valid|attr valid|entry valid nsec|attr valid nsec| attr (88)|
 *                  +--------+-----------+-----------+----------+----------------+---------------+----------+
 * </pre>
 */
final class ReplyEncoder {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int ATTR_LENGTH = 88;

    private final long entrySeconds;
    private final int entryNanos;
    private final long attributeSeconds;
    private final int attributeNanos;
    private final int ioLength;
    private final int directFlags;

    /**
     * @param ioLength st_blksize in bytes: the request size that programs should use.
     * @param directFlags FOPEN flags of a file opened for direct I/O.
     */
    ReplyEncoder(long entryTimeoutNs, long attributeTimeoutNs, int ioLength, int directFlags) {
        entrySeconds = entryTimeoutNs / NANOS_PER_SECOND;
        entryNanos = (int) (entryTimeoutNs % NANOS_PER_SECOND);
        attributeSeconds = attributeTimeoutNs / NANOS_PER_SECOND;
        attributeNanos = (int) (attributeTimeoutNs % NANOS_PER_SECOND);
        this.ioLength = ioLength;
        this.directFlags = directFlags;
    }

    /** fuse_entry_out. */
    void entry(UnsafeBuffer out, int offset, Inode inode) {
        out.putLong(offset, inode.id());
        // Inode numbers are never used a second time, so one generation does.
        out.putLong(offset + 8, 0);
        out.putLong(offset + 16, entrySeconds);
        out.putLong(offset + 24, attributeSeconds);
        out.putInt(offset + 32, entryNanos);
        out.putInt(offset + 36, attributeNanos);
        attributes(out, offset + 40, inode);
    }

    /** fuse_attr_out. */
    void attributesReply(UnsafeBuffer out, int offset, Inode inode) {
        out.putLong(offset, attributeSeconds);
        out.putInt(offset + 8, attributeNanos);
        out.putInt(offset + 12, 0);
        attributes(out, offset + 16, inode);
    }

    /** fuse_open_out. */
    void open(UnsafeBuffer out, int offset, OpenReply opened) {
        int flags = FuseProtocol.FOPEN_NOFLUSH;
        if (opened.writable()) {
            flags = 0;
        }
        if (opened.direct()) {
            flags |= directFlags;
        } else if (opened.keepCache()) {
            flags |= FuseProtocol.FOPEN_KEEP_CACHE;
        }
        out.putLong(offset, opened.handle());
        out.putInt(offset + 8, flags);
        out.putInt(offset + 12, 0);
    }

    private void attributes(UnsafeBuffer out, int offset, Inode inode) {
        out.setMemory(offset, ATTR_LENGTH, (byte) 0);
        out.putLong(offset, inode.id());
        out.putLong(offset + 8, inode.size());
        out.putLong(offset + 16, Attributes.blocks(inode.size()));
        out.putLong(offset + 24, Math.floorDiv(inode.atimeNs(), NANOS_PER_SECOND));
        out.putLong(offset + 32, Math.floorDiv(inode.mtimeNs(), NANOS_PER_SECOND));
        out.putLong(offset + 40, Math.floorDiv(inode.ctimeNs(), NANOS_PER_SECOND));
        out.putInt(offset + 48, (int) Math.floorMod(inode.atimeNs(), NANOS_PER_SECOND));
        out.putInt(offset + 52, (int) Math.floorMod(inode.mtimeNs(), NANOS_PER_SECOND));
        out.putInt(offset + 56, (int) Math.floorMod(inode.ctimeNs(), NANOS_PER_SECOND));
        out.putInt(offset + 60, inode.mode());
        out.putInt(offset + 64, inode.linkCount());
        out.putInt(offset + 68, inode.uid());
        out.putInt(offset + 72, inode.gid());
        out.putInt(offset + 80, ioLength);
    }
}
