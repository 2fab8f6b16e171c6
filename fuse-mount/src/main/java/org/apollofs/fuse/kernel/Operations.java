package org.apollofs.fuse.kernel;

import static org.apollofs.fuse.MountCounters.Counter.COPIED_WRITES;
import static org.apollofs.fuse.MountCounters.Counter.READ_BYTES;
import static org.apollofs.fuse.MountCounters.Counter.SLAB_WRITES;
import static org.apollofs.fuse.MountCounters.Counter.UNSUPPORTED;
import static org.apollofs.fuse.kernel.FuseProtocol.IN_HEADER_LENGTH;
import static org.apollofs.fuse.kernel.FuseProtocol.OUT_HEADER_LENGTH;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.dataplane.client.WriteListener;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.FileSystemSpace;
import org.apollofs.fuse.MountCounters;
import org.apollofs.fuse.OpenReply;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.Inode;

/**
 * Decodes the requests of one channel, lets the file system do them and encodes the replies. One thread. Reading and
 * writing allocate nothing.
 *
 * <p>Each method returns what the channel said of the reply; a failure leaves as an exception, before any reply.
 */
final class Operations {
    /** A payload at least this long is handed on in its slab; a shorter one is cheaper to copy than to track. */
    static final int SLAB_WRITE_THRESHOLD = 64 * 1024;

    private static final int NO_REPLY = 0;

    /** fuse_write_in and fuse_read_in, after the header. */
    private static final int IO_HANDLE = IN_HEADER_LENGTH;

    private static final int IO_OFFSET = IN_HEADER_LENGTH + 8;
    private static final int IO_SIZE = IN_HEADER_LENGTH + 16;
    private static final int IO_FLAGS = IN_HEADER_LENGTH + 20;

    private final KernelChannel channel;
    private final ApolloFileSystem fileSystem;
    private final MountCounters counters;
    private final ReplyEncoder encoder;
    private final ListingEncoder listing;
    private final XattrOperations xattrs;
    private final ReadResult readResult = new ReadResult(KernelChannel.MAX_PIECES);
    private final WriteListener replyWhenPlaced = this::onWritePlaced;
    private final int maxRead;

    // The WRITE under way.
    private long writeUnique;
    private boolean hasReplied;
    private int writeReply;

    Operations(
            KernelChannel channel,
            ApolloFileSystem fileSystem,
            MountCounters counters,
            ReplyEncoder encoder,
            int maxRead) {
        this.channel = channel;
        this.fileSystem = fileSystem;
        this.counters = counters;
        this.encoder = encoder;
        this.listing = new ListingEncoder(channel.out, encoder, fileSystem);
        this.xattrs = new XattrOperations(channel, fileSystem.extendedAttributes());
        this.maxRead = maxRead;
    }

    MountCounters counters() {
        return counters;
    }

    /** Whether the WRITE that was received wants its slab handed on. */
    boolean takesSlab() {
        return channel.request.getInt(IO_SIZE) >= SLAB_WRITE_THRESHOLD;
    }

    /**
     * WRITE. It is answered as soon as the bytes have their place, so that the writer copies its next ones while this thread
     * computes and sends; where something must come before the answer, after it.
     *
     * @param handedOn the slab that {@code payload} is, or null to copy.
     */
    int write(long unique, UnsafeBuffer payload, Slab handedOn) {
        long handle = channel.request.getLong(IO_HANDLE);
        long offset = channel.request.getLong(IO_OFFSET);
        int size = channel.request.getInt(IO_SIZE);
        writeUnique = unique;
        hasReplied = false;
        boolean dropsPrivileges = dropsPrivileges(handle, handedOn);
        boolean isWriteBack = (channel.request.getInt(IO_FLAGS) & FuseProtocol.WRITE_CACHE) != 0;
        int written;
        if (handedOn != null) {
            WriteListener listener = dropsPrivileges ? WriteListener.NONE : replyWhenPlaced;
            written = fileSystem.writeSlab(handle, offset, handedOn, size, listener, isWriteBack);
            counters.increment(SLAB_WRITES);
        } else {
            written = fileSystem.write(handle, offset, payload, 0, size, isWriteBack);
            counters.increment(COPIED_WRITES);
        }
        counters.onWritten(written, size);
        if (dropsPrivileges && fileSystem.dropPrivileges(handle)) {
            channel.invalidateAttributes(node());
        }
        return hasReplied ? writeReply : replyWritten(written);
    }

    /** Whether the writer may not keep the file's set-user-id and set-group-id bits, and it has some. */
    private boolean dropsPrivileges(long handle, Slab handedOn) {
        try {
            return (channel.request.getInt(IO_FLAGS) & FuseProtocol.WRITE_KILL_SUIDGID) != 0
                    && fileSystem.hasPrivileges(handle);
        } catch (RuntimeException e) {
            if (handedOn != null) {
                handedOn.release();
            }
            throw e;
        }
    }

    private void onWritePlaced() {
        writeReply = replyWritten(channel.request.getInt(IO_SIZE));
        hasReplied = true;
    }

    private int replyWritten(int size) {
        channel.out.putLong(OUT_HEADER_LENGTH, size);
        return channel.reply(writeUnique, FuseProtocol.WRITE_OUT_LENGTH);
    }

    /** Whether the WRITE that then failed had been answered: its failure is told by the next call on the file. */
    boolean hasReplied() {
        return hasReplied;
    }

    /** Any other request. */
    int answer(int opcode, long unique, UnsafeBuffer payload, int length) {
        return switch (opcode) {
            case FuseProtocol.READ -> read(unique);
            // The kernel forgets; there is nothing here to forget: inode numbers are never used again.
            case FuseProtocol.FORGET, FuseProtocol.BATCH_FORGET, FuseProtocol.NOTIFY_REPLY -> NO_REPLY;
            // "Do not send these": every request ends by its own deadline.
            case FuseProtocol.INTERRUPT -> channel.replyError(unique, Errno.ENOSYS);
            case FuseProtocol.DESTROY -> channel.replyError(unique, 0);
            default -> answerGathered(opcode, unique, channel.gather(payload.addressOffset(), length));
        };
    }

    private int answerGathered(int opcode, long unique, int length) {
        return switch (opcode) {
            case FuseProtocol.LOOKUP -> lookup(unique, length);
            case FuseProtocol.GETATTR -> attributes(unique, fileSystem.getAttributes(node()));
            case FuseProtocol.SETATTR -> setAttributes(unique);
            case FuseProtocol.READLINK -> readLink(unique);
            case FuseProtocol.SYMLINK -> symlink(unique, length);
            case FuseProtocol.MKNOD ->
                entry(unique, fileSystem.makeNode(node(), name(16, length), argument(0), uid(), gid()));
            case FuseProtocol.MKDIR ->
                entry(unique, fileSystem.makeDirectory(node(), name(8, length), argument(0), uid(), gid()));
            case FuseProtocol.UNLINK -> {
                fileSystem.unlink(node(), name(0, length));
                yield done(unique);
            }
            case FuseProtocol.RMDIR -> {
                fileSystem.removeDirectory(node(), name(0, length));
                yield done(unique);
            }
            case FuseProtocol.RENAME -> rename(unique, 8, 0, length);
            case FuseProtocol.RENAME2 -> rename(unique, 16, argument(8), length);
            case FuseProtocol.LINK -> entry(unique, fileSystem.link(longArgument(0), node(), name(8, length)));
            case FuseProtocol.STATFS -> {
                encodeSpace(fileSystem.space());
                yield channel.reply(unique, FuseProtocol.STATFS_OUT_LENGTH);
            }
            case FuseProtocol.SETXATTR, FuseProtocol.GETXATTR, FuseProtocol.LISTXATTR, FuseProtocol.REMOVEXATTR ->
                xattrs.answer(opcode, unique, length);
            default -> answerOpen(opcode, unique, length);
        };
    }

    /** Requests that open things, or go to open things. */
    private int answerOpen(int opcode, long unique, int length) {
        switch (opcode) {
            case FuseProtocol.OPEN -> {
                return open(unique);
            }
            case FuseProtocol.CREATE -> {
                return create(unique, length);
            }
            case FuseProtocol.FLUSH -> fileSystem.flush(longArgument(0));
            case FuseProtocol.FSYNC -> fileSystem.fsync(longArgument(0));
            case FuseProtocol.RELEASE -> fileSystem.release(longArgument(0));
            case FuseProtocol.OPENDIR -> {
                channel.out.putLong(OUT_HEADER_LENGTH, fileSystem.openDirectory(node()));
                channel.out.putLong(OUT_HEADER_LENGTH + 8, 0);
                return channel.reply(unique, FuseProtocol.OPEN_OUT_LENGTH);
            }
            case FuseProtocol.READDIR, FuseProtocol.READDIRPLUS -> {
                return list(unique, opcode == FuseProtocol.READDIRPLUS);
            }
            case FuseProtocol.RELEASEDIR -> fileSystem.releaseDirectory(longArgument(0));
            case FuseProtocol.FSYNCDIR -> {
                // Names are durable before the call that changed them returns.
            }
            default -> {
                // fallocate, ioctl, bmap, poll, lseek, copy_file_range, tmpfile, statx: the kernel
                // falls back where there is a way, and fails the call where there is none.
                counters.increment(UNSUPPORTED);
                return channel.replyError(unique, Errno.ENOSYS);
            }
        }
        return done(unique);
    }

    private int read(long unique) {
        long handle = channel.request.getLong(IO_HANDLE);
        long offset = channel.request.getLong(IO_OFFSET);
        int size = Math.min(channel.request.getInt(IO_SIZE), maxRead);
        try {
            fileSystem.read(handle, offset, size, readResult);
            counters.add(READ_BYTES, readResult.length());
            return channel.replyPieces(unique, readResult);
        } finally {
            readResult.release();
        }
    }

    private int lookup(long unique, int length) {
        Inode inode = fileSystem.lookup(node(), name(0, length));
        return inode == null ? channel.replyError(unique, Errno.ENOENT) : entry(unique, inode);
    }

    private int setAttributes(long unique) {
        int valid = argument(0);
        long handle = (valid & FuseProtocol.FATTR_FH) != 0 ? longArgument(8) : ApolloFileSystem.NO_HANDLE;
        AttributeChange change = new AttributeChange(
                (valid & FuseProtocol.FATTR_MODE) != 0 ? argument(68) & 07777 : AttributeChange.KEEP,
                (valid & FuseProtocol.FATTR_UID) != 0 ? argument(76) & 0xffff_ffffL : AttributeChange.KEEP,
                (valid & FuseProtocol.FATTR_GID) != 0 ? argument(80) & 0xffff_ffffL : AttributeChange.KEEP,
                (valid & FuseProtocol.FATTR_SIZE) != 0 ? longArgument(16) : AttributeChange.KEEP,
                time(valid, FuseProtocol.FATTR_ATIME, FuseProtocol.FATTR_ATIME_NOW, 32, 56),
                time(valid, FuseProtocol.FATTR_MTIME, FuseProtocol.FATTR_MTIME_NOW, 40, 60));
        boolean drop = (valid & FuseProtocol.FATTR_KILL_SUIDGID) != 0;
        return attributes(unique, fileSystem.setAttributes(node(), change, handle, drop));
    }

    private long time(int valid, int set, int now, int seconds, int nanoseconds) {
        if ((valid & set) == 0) {
            return AttributeChange.KEEP;
        }
        return (valid & now) != 0
                ? AttributeChange.NOW
                : longArgument(seconds) * 1_000_000_000L + argument(nanoseconds);
    }

    private int readLink(long unique) {
        byte[] target = fileSystem.readLink(node());
        channel.out.putBytes(OUT_HEADER_LENGTH, target);
        return channel.reply(unique, target.length);
    }

    private int symlink(long unique, int length) {
        byte[] name = name(0, length);
        byte[] target = name(name.length + 1, length);
        return entry(unique, fileSystem.symlink(node(), name, target, uid(), gid()));
    }

    private int rename(long unique, int fixedLength, int flags, int length) {
        byte[] name = name(fixedLength, length);
        byte[] newName = name(fixedLength + name.length + 1, length);
        fileSystem.rename(node(), name, longArgument(0), newName, flags);
        return done(unique);
    }

    private int open(long unique) {
        boolean drop = (argument(4) & FuseProtocol.OPEN_KILL_SUIDGID) != 0;
        OpenReply opened = fileSystem.open(node(), argument(0), drop);
        if (opened.outdated()) {
            // The kernel may have looked at the file before somebody else wrote it: a stale size would cut reads short.
            channel.invalidateAttributes(opened.inode().id());
        }
        encoder.open(channel.out, OUT_HEADER_LENGTH, opened);
        return channel.reply(unique, FuseProtocol.OPEN_OUT_LENGTH);
    }

    private int create(long unique, int length) {
        OpenReply created = fileSystem.create(node(), name(16, length), argument(0), argument(4), uid(), gid());
        encoder.entry(channel.out, OUT_HEADER_LENGTH, created.inode());
        encoder.open(channel.out, OUT_HEADER_LENGTH + FuseProtocol.ENTRY_OUT_LENGTH, created);
        return channel.reply(unique, FuseProtocol.ENTRY_OUT_LENGTH + FuseProtocol.OPEN_OUT_LENGTH);
    }

    private int list(long unique, boolean plus) {
        int size = Math.min(channel.request.getInt(IO_SIZE), KernelChannel.OUT_CAPACITY);
        int length = listing.encode(longArgument(0), longArgument(8), size, plus);
        return channel.reply(unique, length);
    }

    private void encodeSpace(FileSystemSpace space) {
        UnsafeBuffer out = channel.out;
        int at = OUT_HEADER_LENGTH;
        out.setMemory(at, FuseProtocol.STATFS_OUT_LENGTH, (byte) 0);
        out.putLong(at, space.totalBytes() / FileSystemSpace.BLOCK_LENGTH);
        out.putLong(at + 8, space.freeBytes() / FileSystemSpace.BLOCK_LENGTH);
        out.putLong(at + 16, space.freeBytes() / FileSystemSpace.BLOCK_LENGTH);
        out.putLong(at + 24, space.inodes() + space.freeInodes());
        out.putLong(at + 32, space.freeInodes());
        out.putInt(at + 40, FileSystemSpace.BLOCK_LENGTH);
        out.putInt(at + 44, ApolloFileSystem.MAX_NAME_LENGTH);
        out.putInt(at + 48, FileSystemSpace.BLOCK_LENGTH);
    }

    private int entry(long unique, Inode inode) {
        encoder.entry(channel.out, OUT_HEADER_LENGTH, inode);
        return channel.reply(unique, FuseProtocol.ENTRY_OUT_LENGTH);
    }

    private int attributes(long unique, Inode inode) {
        encoder.attributesReply(channel.out, OUT_HEADER_LENGTH, inode);
        return channel.reply(unique, FuseProtocol.ATTR_OUT_LENGTH);
    }

    private int done(long unique) {
        return channel.replyError(unique, 0);
    }

    /** Writes to the request's inode may be lost: the kernel is to ask for size and times anew. */
    void onWriteFailed() {
        channel.invalidateAttributes(node());
    }

    private long node() {
        return channel.request.getLong(FuseProtocol.IN_NODE);
    }

    private int uid() {
        return channel.request.getInt(FuseProtocol.IN_UID);
    }

    private int gid() {
        return channel.request.getInt(FuseProtocol.IN_GID);
    }

    /** A 32-bit field of the arguments. */
    private int argument(int offset) {
        return channel.request.getInt(IN_HEADER_LENGTH + offset);
    }

    /** A 64-bit field of the arguments. */
    private long longArgument(int offset) {
        return channel.request.getLong(IN_HEADER_LENGTH + offset);
    }

    /** A zero-terminated string that begins {@code offset} bytes into the arguments. */
    private byte[] name(int offset, int length) {
        return channel.name(IN_HEADER_LENGTH + offset, length);
    }
}
