package org.apollofs.fuse.kernel;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.EntrySink;
import org.apollofs.namespace.client.Inode;

/**
 * Fills a reply with fuse_dirent or fuse_direntplus records, each padded to 8 bytes. One thread.
 *
 * <pre>
 * fuse_dirent:  0      8          16         20     24
 *               +------+----------+----------+------+------------+
 *               | inode| next off.| name len.| type | name, zeros|     plus: 128 bytes of fuse_entry_out before it
 *               +------+----------+----------+------+------------+
 * </pre>
 */
final class ListingEncoder implements EntrySink {
    /** Bytes of a record with a name of usual length, to guess how many entries fit. */
    private static final int USUAL_LENGTH = 48;

    private static final int TYPE_SHIFT = 12;

    private final UnsafeBuffer out;
    private final ReplyEncoder encoder;
    private final ApolloFileSystem fileSystem;
    private int position;
    private int limit;
    private boolean plus;

    ListingEncoder(UnsafeBuffer out, ReplyEncoder encoder, ApolloFileSystem fileSystem) {
        this.out = out;
        this.encoder = encoder;
        this.fileSystem = fileSystem;
    }

    /** Lists into the reply. @param size bytes the kernel wants at most. @return bytes written; 0 at the end. */
    int encode(long handle, long offset, int size, boolean withAttributes) {
        position = FuseProtocol.OUT_HEADER_LENGTH;
        limit = FuseProtocol.OUT_HEADER_LENGTH + size;
        plus = withAttributes;
        int usual = plus ? USUAL_LENGTH + FuseProtocol.ENTRY_OUT_LENGTH : USUAL_LENGTH;
        fileSystem.readDirectory(handle, offset, size / usual + 1, this);
        return position - FuseProtocol.OUT_HEADER_LENGTH;
    }

    @Override
    public boolean accept(byte[] name, long inode, int mode, Inode attributes, long nextOffset) {
        int head = plus ? FuseProtocol.ENTRY_OUT_LENGTH : 0;
        int end = position + head + FuseProtocol.DIRENT_HEADER_LENGTH + name.length;
        int paddedEnd = (end + 7) & ~7;
        if (paddedEnd > limit) {
            return false;
        }
        if (plus) {
            encodeEntry(attributes);
        }
        int record = position + head;
        out.putLong(record, inode);
        out.putLong(record + 8, nextOffset);
        out.putInt(record + 16, name.length);
        out.putInt(record + 20, (mode & Inode.TYPE_MASK) >> TYPE_SHIFT);
        out.putBytes(record + FuseProtocol.DIRENT_HEADER_LENGTH, name);
        out.setMemory(end, paddedEnd - end, (byte) 0);
        position = paddedEnd;
        return true;
    }

    private void encodeEntry(Inode attributes) {
        if (attributes == null) {
            // Inode 0: nothing to remember about "." and "..".
            out.setMemory(position, FuseProtocol.ENTRY_OUT_LENGTH, (byte) 0);
        } else {
            encoder.entry(out, position, attributes);
            fileSystem.noteListed(attributes);
        }
    }
}
