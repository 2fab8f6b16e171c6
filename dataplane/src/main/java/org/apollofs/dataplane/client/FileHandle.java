package org.apollofs.dataplane.client;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.NamespaceException;

/** One handle of a file: its own errors and its own reading ahead, all else shared. Thread-safe. */
final class FileHandle implements OpenFile {
    private final ApolloClient client;
    private final FileState file;
    private final FileReader reader;
    private final FileCommitter committer;
    private final Readahead readahead;
    private final AtomicInteger errorsSeen;
    private final AtomicBoolean released = new AtomicBoolean();

    FileHandle(ApolloClient client, FileState file, FileReader reader, FileCommitter committer) {
        this.client = client;
        this.file = file;
        this.reader = reader;
        this.committer = committer;
        this.readahead = new Readahead(file.core.readAheadLength());
        this.errorsSeen = new AtomicInteger(file.errorCount);
    }

    FileState file() {
        return file;
    }

    @Override
    public void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener) {
        try {
            throwNewError();
        } catch (DataException e) {
            slab.release();
            throw e;
        }
        write(fileOffset, slab.buffer(), 0, length, slab, listener);
    }

    @Override
    public void write(long fileOffset, DirectBuffer source, int sourceOffset, int length) {
        throwNewError();
        write(fileOffset, source, sourceOffset, length, null, WriteListener.NONE);
    }

    private void write(
            long fileOffset, DirectBuffer source, int sourceOffset, int length, Slab slab, WriteListener listener) {
        try {
            file.write(fileOffset, source, sourceOffset, length, slab, listener);
        } catch (NamespaceException e) {
            throw Errors.of(e, "write failed: inode=" + file.inode + ", offset=" + fileOffset + ": ");
        }
    }

    @Override
    public long append(DirectBuffer source, int sourceOffset, int length) {
        throwNewError();
        try {
            return file.append(source, sourceOffset, length);
        } catch (NamespaceException e) {
            throw Errors.of(e, "append failed: inode=" + file.inode + ": ");
        }
    }

    @Override
    public void read(long fileOffset, int length, ReadResult result) {
        reader.read(fileOffset, length, readahead, result);
    }

    @Override
    public void truncate(long size) {
        committer.commit();
        throwNewError();
        committer.truncate(size);
    }

    @Override
    public long size() {
        try {
            return file.size();
        } catch (NamespaceException e) {
            throw Errors.of(e, "size failed: inode=" + file.inode + ": ");
        }
    }

    @Override
    public void fsync() {
        committer.commit();
        throwNewError();
    }

    @Override
    public void flush() {
        fsync();
    }

    /** Throws the error of stripes that were given up since this handle was last told. */
    private void throwNewError() {
        int errors = file.errorCount;
        if (errorsSeen.getAndSet(errors) != errors) {
            throw file.lastError;
        }
    }

    @Override
    public void release() {
        if (released.compareAndSet(false, true)) {
            client.release(file, committer, errorsSeen.get());
        }
    }
}
