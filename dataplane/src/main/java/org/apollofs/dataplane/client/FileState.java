package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.DirectBuffer;
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
 * <p>A stripe that is given up takes its bytes with it, as Linux does with pages it cannot write: the file reads as
 * before, each handle is told once, by its next write, fsync or flush or by the last release, and what did reach the
 * targets is committed with the next one.
 */
final class FileState {
    /** Far more than ext4 or XFS take. */
    static final long MAX_SIZE = 1L << 60;

    final ClientCore core;
    final long inode;
    final ReentrantLock commitLock = new ReentrantLock();
    final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock appendLock = new ReentrantLock();

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
    private int failuresSeen;
    long writes;

    // Written under lock, read without.
    volatile boolean replace;
    volatile long writtenEnd;
    volatile long modificationTimeNs;
    volatile boolean isDirty;
    volatile int errorCount;
    volatile DataException lastError;
    volatile long lastWriteNs;
    volatile StripeWriter writer;

    FileState(ClientCore core, long inode) {
        this.core = core;
        this.inode = inode;
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
            FileContent fresh = core.namespace().readContent(inode);
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
                onChanged();
            } finally {
                lock.unlock();
            }
        } finally {
            commitLock.unlock();
        }
    }

    private void onChanged() {
        writes++;
        isDirty = true;
        modificationTimeNs = core.epochClock().nanoTime();
    }

    /** Writes at the end. Appends of this host come one after the other. @return the offset. */
    long append(DirectBuffer source, int sourceOffset, int length) {
        appendLock.lock();
        try {
            long offset = size();
            write(offset, source, sourceOffset, length, null, WriteListener.NONE);
            return offset;
        } finally {
            appendLock.unlock();
        }
    }

    void checkRange(long offset, int length) {
        if (offset < 0 || length < 1 || offset > MAX_SIZE - length) {
            throw new DataException(
                    DataException.Kind.INVALID,
                    "write failed: inode=" + inode + ", offset=" + offset + ", length=" + length + ": out of bounds");
        }
    }

    /**
     * Writes bytes.
     *
     * @param slab that holds them from its first byte on, taken over, or null.
     * @param listener told when all bytes have their place and work is left to do.
     */
    void write(long offset, DirectBuffer source, int sourceOffset, int length, Slab slab, WriteListener listener) {
        Slab left = slab;
        try {
            checkRange(offset, length);
            if (!writeInline(offset, source, sourceOffset, length)) {
                left = null;
                writeChunked(offset, source, sourceOffset, length, slab, listener);
            }
            core.counters().onWritten(length);
        } catch (StripeException e) {
            throw Errors.of(e, "");
        } finally {
            if (left != null) {
                left.release();
            }
        }
    }

    /** Writes into the small file's image, if it is and stays one. */
    private boolean writeInline(long offset, DirectBuffer source, int sourceOffset, int length) {
        boolean fits = offset + length <= core.inlineLimit();
        Slab slab = null;
        while (true) {
            boolean needsContent;
            lock.lock();
            try {
                needsContent = fits && image == null && mayBecomeSmall() && !replace && committed == null;
                if (fits && image == null && !needsContent && mayBecomeSmall()) {
                    startImage();
                }
                if (image == null && !needsContent) {
                    return false;
                }
                if (fits && image != null) {
                    image.write((int) offset, source, sourceOffset, length);
                    writtenEnd = Math.max(writtenEnd, offset + length);
                    core.counters().onCoalesced(length);
                    onChanged();
                    return true;
                }
                if (slab != null && image != null) {
                    spill(slab);
                    slab = null;
                    return false;
                }
            } finally {
                lock.unlock();
                if (slab != null) {
                    slab.release();
                }
            }
            if (needsContent) {
                content();
            } else {
                slab = core.stripes().dataSupply().acquire();
            }
        }
    }

    private boolean mayBecomeSmall() {
        return dirty.count() == 0 && openChunk == null && writtenEnd <= core.inlineLimit();
    }

    private void startImage() {
        if (replace) {
            image = FileContents.image(core.inlineLimit(), FileContents.EMPTY);
        } else if (FileContents.isSmall(committed, core.inlineLimit())) {
            image = FileContents.image(core.inlineLimit(), committed);
        }
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

    private void writeChunked(
            long offset, DirectBuffer source, int sourceOffset, int length, Slab slab, WriteListener listener) {
        int chunkLength = core.layout().chunkLength();
        Slab given = slab;
        Slab spare = null;
        int done = 0;
        try {
            while (done < length) {
                Chunk ready = null;
                boolean needsSlab = false;
                boolean needsStripe = false;
                lock.lock();
                try {
                    takeFailures();
                    if (writer == null || !writer.hasSlot()) {
                        needsStripe = true;
                    } else if (given != null && done == 0 && isWholeChunk(length)) {
                        ready = new Chunk(given, length);
                        given = null;
                        dirty.put(offset, length, ready, 0);
                        writer.place(ready);
                        done = length;
                    } else if (openChunk == null
                            && given != null
                            && length - done <= chunkLength
                            && given.capacity() >= chunkLength) {
                        adopt(given, done, length, offset);
                        given = null;
                        done = length;
                    } else if (openChunk == null && spare == null) {
                        needsSlab = true;
                    } else {
                        if (openChunk == null) {
                            openChunk = new Chunk(spare, 0);
                            spare = null;
                        }
                        done += fill(offset + done, source, sourceOffset + done, length - done);
                    }
                    if (!needsStripe && !needsSlab) {
                        if (openChunk != null && openChunk.length() == chunkLength) {
                            ready = openChunk;
                            openChunk = null;
                            writer.place(ready);
                        }
                        writtenEnd = Math.max(writtenEnd, offset + done);
                        onChanged();
                    }
                } finally {
                    lock.unlock();
                }
                if (ready != null) {
                    send(ready, done == length ? listener : WriteListener.NONE);
                }
                if (needsStripe) {
                    installStripe();
                }
                if (needsSlab) {
                    spare = core.stripes().dataSupply().acquire();
                }
            }
            lastWriteNs = core.epochClock().nanoTime();
        } finally {
            if (given != null) {
                given.release();
            }
            if (spare != null) {
                spare.release();
            }
        }
    }

    private void send(Chunk ready, WriteListener listener) {
        listener.onPlaced();
        writer.add(ready, true);
    }

    /** Whether a write becomes a chunk of its own. A request may be longer than a chunk: then it is cut by copying. */
    private boolean isWholeChunk(int length) {
        return length >= core.largeWriteLength() && length <= core.layout().chunkLength();
    }

    /** Under lock: a slab that came with bytes becomes the open chunk as it is. */
    private void adopt(Slab slab, int done, int length, long offset) {
        int rest = length - done;
        if (done > 0) {
            slab.move(done, 0, rest);
            core.counters().onCoalesced(rest);
        }
        openChunk = new Chunk(slab, rest);
        dirty.put(offset + done, rest, openChunk, 0);
    }

    /** Under lock: copies what fits into the open chunk. @return bytes copied. */
    private int fill(long offset, DirectBuffer source, int sourceOffset, int length) {
        int at = openChunk.length();
        int count = Math.min(length, core.layout().chunkLength() - at);
        openChunk.append(source, sourceOffset, count);
        dirty.put(offset, count, openChunk, at);
        core.counters().onCoalesced(count);
        return count;
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

    /** Under lock: takes the ranges of stripes out that were given up, and notes the error for every handle. */
    void takeFailures() {
        if (writer == null || writer.failures() == failuresSeen) {
            return;
        }
        failuresSeen = writer.failures();
        StripeException cause = writer.lastFailure();
        dirty.removeIf(chunk -> chunk.stripe() != null && chunk.stripe().hasFailed());
        uncommitted.removeIf(Stripe::hasFailed);
        writtenEnd = Math.max(dirty.end(), image == null ? 0 : image.size());
        lastError = Errors.of(cause, "");
        errorCount = failuresSeen;
    }

    // ---- end and relief

    /** The last handle is gone: what could not be committed is dropped. */
    void discard() {
        List<Stripe> dropped;
        Stripe unused;
        Stripe closing;
        lock.lock();
        try {
            takeFailures();
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
        return openChunk != null || (writing != null && writing.hasSlot());
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
                ready = openChunk;
                openChunk = null;
                writing.place(ready);
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
