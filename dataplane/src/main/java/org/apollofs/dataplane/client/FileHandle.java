package org.apollofs.dataplane.client;

import java.util.concurrent.atomic.AtomicBoolean;
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
    private final WriteErrors.Watch watch;
    private final AtomicBoolean released = new AtomicBoolean();

    FileHandle(ApolloClient client, FileState file, FileReader reader, FileCommitter committer) {
        this.client = client;
        this.file = file;
        this.reader = reader;
        this.committer = committer;
        this.readahead = new Readahead(file.core.readAheadLength());
        this.watch = file.errors.watch();
    }

    // ---- writing

    @Override
    public void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener) {
        try {
            throwLoss();
        } catch (DataException e) {
            slab.release();
            throw e;
        }
        write(fileOffset, slab.buffer(), 0, length, slab, listener);
    }

    @Override
    public void write(long fileOffset, DirectBuffer source, int sourceOffset, int length) {
        throwLoss();
        write(fileOffset, source, sourceOffset, length, null, WriteListener.NONE);
    }

    private void write(
            long fileOffset, DirectBuffer source, int sourceOffset, int length, Slab slab, WriteListener listener) {
        try {
            file.fileWriter.write(fileOffset, source, sourceOffset, length, slab, listener);
        } catch (NamespaceException e) {
            throw refused(Errors.of(e, "write failed: inode=" + file.inode + ", offset=" + fileOffset + ": "));
        } catch (DataException e) {
            throw refused(e);
        }
    }

    @Override
    public long append(DirectBuffer source, int sourceOffset, int length) {
        throwLoss();
        try {
            return file.fileWriter.append(source, sourceOffset, length);
        } catch (NamespaceException e) {
            throw refused(Errors.of(e, "append failed: inode=" + file.inode + ": "));
        } catch (DataException e) {
            throw refused(e);
        }
    }

    @Override
    public void passOverLoss() {
        file.noteFailures();
        watch.passOverAtWrite();
    }

    private void throwLoss() {
        file.noteFailures();
        watch.throwAtWrite();
    }

    /** What a caller did wrong it does wrong again, and learns then. */
    private DataException refused(DataException e) {
        if (e.kind() != DataException.Kind.INVALID) {
            watch.onRefused(e);
        }
        return e;
    }

    // ---- reading

    @Override
    public void read(long fileOffset, int length, ReadResult result) {
        reader.read(fileOffset, length, readahead, result);
    }

    @Override
    public long size() {
        try {
            return file.size();
        } catch (NamespaceException e) {
            throw Errors.of(e, "size failed: inode=" + file.inode + ": ");
        }
    }

    // ---- committing

    @Override
    public void truncate(long size) {
        committer.truncate(size);
    }

    @Override
    public void commit() {
        committer.commit(() -> false);
    }

    @Override
    public void syncWrite() {
        committer.commit(() -> !watch.hasLossForWrite());
        watch.throwAtWrite();
    }

    @Override
    public void fsync() {
        committer.commit(() -> !watch.hasLossForSync());
        try {
            watch.throwAtSync();
        } catch (DataException e) {
            file.onLossTold();
            throw e;
        }
    }

    @Override
    public void flush() {
        // Who was told that the new content lost bytes, and closes, keeps the old.
        committer.commit(() -> !watch.hasLossForSync() && !file.isUnchangedSinceTold());
        try {
            watch.throwAtClose();
        } catch (DataException e) {
            file.onLossTold();
            throw e;
        }
    }

    @Override
    public void release() {
        if (released.compareAndSet(false, true)) {
            client.release(file, committer, watch);
        }
    }
}
