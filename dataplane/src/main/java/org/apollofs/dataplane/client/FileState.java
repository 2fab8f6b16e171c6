package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.Stripe;
import org.apollofs.dataplane.stripe.StripeException;
import org.apollofs.dataplane.stripe.StripeWriter;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.FileContent;

/**
 * One file that this host has open: what is committed, what is not, and the chunk that small writes fill.
 *
 * <p>Layers, top first: ranges written and not committed ({@link DirtyExtents}); committed extents; committed inline
 * bytes; zeros. A small file without extents has an {@link InlineImage} as its only uncommitted layer instead.
 *
 * <p>Two locks: {@code commitLock} lets one commit or truncation at a time; {@code lock}, taken after it, guards the
 * fields and is never held while waiting. So writers that come side by side get their places in order, and compute and
 * send beside each other.
 *
 * <p>A stripe that is given up takes its bytes with it, as Linux does with pages it cannot write: the file is there what
 * is committed, each handle is told (see {@link WriteErrors}), and what did reach the targets is committed all the same.
 * But a replacement (O_TRUNC) that has lost bytes is not committed by the call that tells of it, nor by the last release:
 * then the old content stays, unless an fsync or close says OK after all.
 */
final class FileState {
    /** Far more than ext4 or XFS take. */
    static final long MAX_SIZE = 1L << 60;
    /** No content version. */
    static final long NO_VERSION = -1;

    final ClientCore core;
    final long inode;
    final ReentrantLock commitLock = new ReentrantLock();
    final ReentrantLock lock = new ReentrantLock();

    /** Handles: under the client's table. */
    int handles;

    // Under lock.
    /** As the namespace has it, or null if that is to be read. */
    FileContent committed;

    InlineImage image;
    final DirtyExtents dirty = new DirtyExtents();
    final List<Stripe> uncommitted = new ArrayList<>();
    Chunk openChunk;
    private long contentReads;
    long writes;
    /** The replacement under way has lost bytes. */
    boolean isReplaceBroken;
    /** {@link #writes} when an fsync or close told of that: what comes later is an answer to it. */
    private long writesWhenTold;

    // Written under lock, read without.
    volatile boolean replace;
    volatile long writtenEnd;
    volatile long modificationTimeNs;
    volatile boolean isDirty;
    private volatile int failuresSeen;
    volatile long lastWriteNs;
    volatile StripeWriter writer;
    /** Latest content version that was heard of, or {@link #NO_VERSION}. */
    private volatile long knownVersion = NO_VERSION;

    final WriteErrors errors = new WriteErrors();
    final FileWriter fileWriter;

    FileState(ClientCore core, long inode) {
        this.core = core;
        this.inode = inode;
        this.fileWriter = new FileWriter(this);
    }

    // ---- content

    /** What is committed, read if need be. Not under lock: may wait. */
    FileContent content() {
        while (true) {
            long read;
            lock.lock();
            try {
                if (replace) {
                    return FileContents.EMPTY;
                }
                if (committed != null) {
                    return committed;
                }
                read = contentReads;
            } finally {
                lock.unlock();
            }
            FileContent fresh = readContent();
            lock.lock();
            try {
                if (read == contentReads) {
                    committed = fresh;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** What is committed, read anew. Not under lock: waits. */
    FileContent readContent() {
        FileContent fresh = core.namespace().readContent(inode);
        versionIs(FileContents.version(fresh));
        return fresh;
    }

    /** A content version was heard of. */
    void versionIs(long version) {
        lock.lock();
        try {
            knownVersion = Math.max(knownVersion, version);
        } finally {
            lock.unlock();
        }
    }

    /** Latest content version that was heard of, or {@link #NO_VERSION}: while the file has it, nothing was committed since. */
    long knownVersion() {
        return knownVersion;
    }

    /** Forgets what is committed: it is read again when needed. */
    void invalidate() {
        lock.lock();
        try {
            committed = null;
            contentReads++;
        } finally {
            lock.unlock();
        }
    }

    /** Under lock: what is committed, as it is now. */
    void committedIs(FileContent content) {
        committed = content;
        contentReads++;
    }

    /** Under lock: whether a content is still what is known to be committed. */
    @SuppressWarnings("ReferenceEquality")
    boolean isCurrent(FileContent content) {
        return content == committed;
    }

    /** Size as this host sees it. May wait. */
    long size() {
        FileContent content = content();
        return visibleSize(FileContents.size(content));
    }

    long visibleSize(long committedSize) {
        noteFailures();
        return replace ? writtenEnd : Math.max(committedSize, writtenEnd);
    }

    // ---- writing

    /** O_TRUNC: an empty file from now on, for this host. */
    void truncateAtOpen() {
        commitLock.lock();
        try {
            lock.lock();
            try {
                dirty.clear();
                image = null;
                Chunk unplaced = openChunk;
                openChunk = null;
                if (unplaced != null) {
                    unplaced.slab().release();
                }
                writtenEnd = 0;
                replace = true;
                isReplaceBroken = false;
                onChanged();
            } finally {
                lock.unlock();
            }
        } finally {
            commitLock.unlock();
        }
    }

    /** Under lock: something was written. */
    void onChanged() {
        writes++;
        isDirty = true;
        modificationTimeNs = core.epochClock().nanoTime();
    }

    /** Under lock: the image's written bytes go to the open chunk, in a fresh slab; it has room for all of them. */
    void spill(Slab slab) {
        openChunk = new Chunk(slab, 0);
        UnsafeBuffer bytes = new UnsafeBuffer(image.array());
        for (int from = image.nextWritten(0); from >= 0; from = image.nextWritten(image.endOfWritten(from))) {
            int count = image.endOfWritten(from) - from;
            int at = openChunk.length();
            openChunk.append(bytes, from, count);
            dirty.put(from, count, openChunk, at);
            core.counters().onCoalesced(count);
        }
        image = null;
    }

    /** Under lock: whether the next chunk has a place. */
    boolean hasSlot() {
        return writer != null && writer.hasSlot();
    }

    /** Under lock: whether the open chunk takes nothing more. */
    boolean isOpenChunkFull() {
        return openChunk != null && openChunk.length() == core.layout().chunkLength();
    }

    /** Under lock: gives the open chunk its place, which there must be. @return it, to be added to its stripe. */
    Chunk placeOpenChunk() {
        Chunk chunk = openChunk;
        openChunk = null;
        writer.place(chunk);
        return chunk;
    }

    /** Makes a stripe and opens it, unless another worker did. May wait. */
    void installStripe() {
        StripeWriter writing = writer();
        install(writing, writing.newStripe());
    }

    private void install(StripeWriter writing, Stripe stripe) {
        boolean installed;
        lock.lock();
        try {
            installed = writing.install(stripe);
            if (installed) {
                uncommitted.add(stripe);
            }
        } finally {
            lock.unlock();
        }
        if (!installed) {
            writing.drop(stripe);
        }
    }

    private StripeWriter writer() {
        lock.lock();
        try {
            if (writer == null) {
                writer = new StripeWriter(core.stripes(), "inode=" + inode);
            }
            return writer;
        } finally {
            lock.unlock();
        }
    }

    // ---- failures

    /** Takes note of stripes that were given up, if there are new ones. */
    void noteFailures() {
        StripeWriter writing = writer;
        if (writing == null || writing.failures() == failuresSeen) {
            return;
        }
        lock.lock();
        try {
            dropFailed();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Under lock: takes the ranges of stripes that were given up out, so that the file is there what is committed. Ranges
     * that were written over since are no loss.
     */
    void dropFailed() {
        failuresSeen = writer == null ? 0 : writer.failures();
        StripeException[] cause = new StripeException[1];
        dirty.removeIf(chunk -> {
            boolean isLost = chunk.stripe() != null && chunk.stripe().hasFailed();
            if (isLost) {
                cause[0] = chunk.stripe().failure();
            }
            return isLost;
        });
        uncommitted.removeIf(Stripe::hasFailed);
        if (cause[0] != null) {
            onLoss(Errors.of(cause[0], ""));
        }
    }

    /** Under lock: ranges were taken out that cannot be committed any more. */
    void onLoss(DataException cause) {
        writtenEnd = image == null ? dirty.end() : image.size();
        isReplaceBroken |= replace;
        errors.onLoss(cause);
    }

    /** An fsync or close tells of a loss. */
    void onLossTold() {
        lock.lock();
        try {
            writesWhenTold = writes;
        } finally {
            lock.unlock();
        }
    }

    /** Under lock: whether nothing was written since an fsync or close told of a loss. */
    boolean isUnchangedSinceTold() {
        return writes == writesWhenTold;
    }

    // ---- end and relief

    /** The last handle is gone: what could not be committed is dropped. */
    void discard() {
        List<Stripe> dropped;
        Stripe unused;
        Stripe closing;
        lock.lock();
        try {
            if (openChunk != null) {
                openChunk.slab().release();
                openChunk = null;
            }
            closing = writer == null ? null : writer.close();
            unused = writer == null ? null : writer.takeUnused();
            if (unused != null) {
                uncommitted.remove(unused);
            }
            dropped = List.copyOf(uncommitted);
            uncommitted.clear();
            dirty.clear();
            image = null;
            isDirty = false;
        } finally {
            lock.unlock();
        }
        if (unused != null) {
            writer.drop(unused);
        }
        if (closing != null) {
            writer.seal(closing, false);
        }
        for (Stripe stripe : dropped) {
            stripe.abandonWhenFinal();
        }
    }

    /** Whether a half-filled stripe or chunk of this file holds slabs. A reading without the lock. */
    boolean holdsOpenStripe() {
        StripeWriter writing = writer;
        return openChunk != null || (writing != null && writing.holdsStripe());
    }

    /**
     * Seals what is open, to have its slabs back once it is durable. Host agent: never waits.
     *
     * @return whether there was something to seal.
     */
    boolean relieve() {
        StripeWriter writing = writer;
        if (writing == null || !lock.tryLock()) {
            return false;
        }
        Chunk ready = null;
        Stripe closing;
        Stripe unused;
        try {
            if (openChunk != null && !writing.hasSlot()) {
                Stripe stripe = writing.tryNewStripe();
                if (stripe != null) {
                    install(writing, stripe);
                }
            }
            if (openChunk != null && writing.hasSlot()) {
                ready = placeOpenChunk();
            }
            closing = writing.close();
            unused = writing.takeUnused();
            if (unused != null) {
                uncommitted.remove(unused);
            }
        } finally {
            lock.unlock();
        }
        if (unused != null) {
            writing.drop(unused);
        }
        if (ready != null) {
            writing.add(ready, false);
        }
        if (closing != null) {
            writing.seal(closing, false);
        }
        return ready != null || closing != null || unused != null;
    }
}
