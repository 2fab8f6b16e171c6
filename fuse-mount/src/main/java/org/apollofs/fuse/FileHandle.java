package org.apollofs.fuse;

import org.agrona.DirectBuffer;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.dataplane.client.OpenFile;
import org.apollofs.dataplane.client.WriteListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;

/**
 * One open(2) of a regular file. Any thread.
 *
 * @param append O_APPEND.
 * @param synchronous O_SYNC or O_DSYNC: each write is durable when it returns.
 */
record FileHandle(OpenInodes.OpenInode inode, OpenFile file, boolean writable, boolean append, boolean synchronous) {
    /** As {@link ApolloFileSystem#write}. */
    int write(long fileOffset, DirectBuffer source, int offset, int length, boolean isWriteBack) {
        prepare(isWriteBack);
        try {
            if (!isWriteBack && isToBeAppended(fileOffset)) {
                file.append(source, offset, length);
            } else {
                file.write(fileOffset, source, offset, length);
            }
        } catch (DataException e) {
            return taken(e, isWriteBack);
        }
        if (synchronous) {
            file.syncWrite();
        }
        return length;
    }

    /** As {@link ApolloFileSystem#writeSlab}. */
    int writeSlab(long fileOffset, Slab slab, int length, WriteListener listener, boolean isWriteBack) {
        Slab left = slab;
        try {
            prepare(isWriteBack);
            if (!isWriteBack && isToBeAppended(fileOffset)) {
                return write(fileOffset, slab.buffer(), 0, length, isWriteBack);
            }
            left = null;
            file.writeSlab(fileOffset, slab, length, synchronous ? WriteListener.NONE : listener);
        } catch (DataException e) {
            return taken(e, isWriteBack);
        } finally {
            if (left != null) {
                left.release();
            }
        }
        if (synchronous) {
            file.syncWrite();
        }
        return length;
    }

    private void prepare(boolean isWriteBack) {
        if (!writable) {
            throw new FuseException(Errno.EBADF, "write: handle is read-only: inode=" + inode.inode);
        }
        if (isWriteBack) {
            file.passOverLoss();
        }
    }

    /** Whether the kernel's idea of the end is older than another host's write, or the data plane's. */
    private boolean isToBeAppended(long fileOffset) {
        return append && fileOffset != file.size();
    }

    /** Bytes that a write took before it failed: its answer, if there are any and they are all that was promised. */
    private int taken(DataException e, boolean isWriteBack) {
        if (e.bytesWritten() == 0 || isWriteBack || synchronous) {
            throw e;
        }
        return e.bytesWritten();
    }
}
