package org.apollofs.dataplane.client;

import java.util.concurrent.locks.ReentrantLock;
import org.agrona.DirectBuffer;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.StripeException;
import org.apollofs.io.buffer.Slab;

/**
 * Gives written bytes their place: in the image of a small file, in the open chunk, or in a chunk of their own, which it
 * sends. Workers call and wait, several beside each other.
 */
final class FileWriter {
    private final FileState file;
    private final ClientCore core;
    private final ReentrantLock appendLock = new ReentrantLock();

    FileWriter(FileState file) {
        this.file = file;
        this.core = file.core;
    }

    /** Writes at the end. Appends of this host come one after the other. @return the offset. */
    long append(DirectBuffer source, int sourceOffset, int length) {
        appendLock.lock();
        try {
            long offset = file.size();
            write(offset, source, sourceOffset, length, null, WriteListener.NONE);
            return offset;
        } finally {
            appendLock.unlock();
        }
    }

    void checkRange(long offset, int length) {
        if (offset < 0 || length < 1 || offset > FileState.MAX_SIZE - length) {
            throw new DataException(
                    DataException.Kind.INVALID,
                    "write failed: inode=" + file.inode + ", offset=" + offset + ", length=" + length
                            + ": out of bounds");
        }
    }

    /**
     * Writes bytes.
     *
     * @param slab that holds them from its first byte on, taken over, or null.
     * @param listener told when all bytes have their place and work is left to do.
     * @throws DataException also after some of them were taken, which it says.
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
            file.lock.lock();
            try {
                needsContent =
                        fits && file.image == null && mayBecomeSmall() && !file.replace && file.committed == null;
                if (fits && file.image == null && !needsContent && mayBecomeSmall()) {
                    startImage();
                }
                if (file.image == null && !needsContent) {
                    return false;
                }
                if (fits && file.image != null) {
                    file.image.write((int) offset, source, sourceOffset, length);
                    file.writtenEnd = Math.max(file.writtenEnd, offset + length);
                    core.counters().onCoalesced(length);
                    file.onChanged();
                    return true;
                }
                if (slab != null && file.image != null) {
                    file.spill(slab);
                    slab = null;
                    return false;
                }
            } finally {
                file.lock.unlock();
                if (slab != null) {
                    slab.release();
                }
            }
            if (needsContent) {
                file.content();
            } else {
                slab = core.stripes().dataSupply().acquire();
            }
        }
    }

    private boolean mayBecomeSmall() {
        return file.dirty.count() == 0 && file.openChunk == null && file.writtenEnd <= core.inlineLimit();
    }

    private void startImage() {
        if (file.replace) {
            file.image = FileContents.image(core.inlineLimit(), FileContents.EMPTY);
        } else if (FileContents.isSmall(file.committed, core.inlineLimit())) {
            file.image = FileContents.image(core.inlineLimit(), file.committed);
        }
    }

    private void writeChunked(
            long offset, DirectBuffer source, int sourceOffset, int length, Slab slab, WriteListener listener) {
        Slab given = slab;
        Slab spare = null;
        int done = 0;
        try {
            while (done < length) {
                Chunk ready = null;
                boolean needsSlab = false;
                boolean needsStripe = false;
                file.lock.lock();
                try {
                    file.noteFailures();
                    if (!file.hasSlot()) {
                        needsStripe = true;
                    } else if (file.isOpenChunkFull()) {
                        // What a small file held may fill a chunk.
                        ready = file.placeOpenChunk();
                    } else if (given != null && done == 0 && isWholeChunk(length)) {
                        ready = new Chunk(given, length);
                        given = null;
                        file.dirty.put(offset, length, ready, 0);
                        file.writer.place(ready);
                        done = length;
                    } else if (file.openChunk == null && given != null && isAdoptable(given, length - done)) {
                        adopt(given, done, length, offset);
                        given = null;
                        done = length;
                    } else if (file.openChunk == null && spare == null) {
                        needsSlab = true;
                    } else {
                        if (file.openChunk == null) {
                            file.openChunk = new Chunk(spare, 0);
                            spare = null;
                        }
                        done += fill(offset + done, source, sourceOffset + done, length - done);
                    }
                    if (ready == null && !needsStripe && file.isOpenChunkFull()) {
                        ready = file.placeOpenChunk();
                    }
                    if (done > 0) {
                        file.writtenEnd = Math.max(file.writtenEnd, offset + done);
                        file.onChanged();
                    }
                } finally {
                    file.lock.unlock();
                }
                if (ready != null) {
                    send(ready, done == length ? listener : WriteListener.NONE);
                }
                if (needsStripe) {
                    file.installStripe();
                }
                if (needsSlab) {
                    spare = core.stripes().dataSupply().acquire();
                }
            }
            file.lastWriteNs = core.epochClock().nanoTime();
        } catch (StripeException e) {
            core.counters().onWritten(done);
            throw Errors.of(e, done);
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
        try {
            listener.onPlaced();
        } finally {
            // Whatever the listener does: a stripe is complete only with all the chunks that have a place in it.
            file.writer.add(ready, true);
        }
    }

    /** Whether a write becomes a chunk of its own. A request may be longer than a chunk: then it is cut by copying. */
    private boolean isWholeChunk(int length) {
        return length >= core.largeWriteLength() && length <= core.layout().chunkLength();
    }

    /** Whether a slab has room for a chunk, and no more bytes than go into one. */
    private boolean isAdoptable(Slab slab, int length) {
        int chunkLength = core.layout().chunkLength();
        return length <= chunkLength && slab.capacity() >= chunkLength;
    }

    /** Under lock: a slab that came with bytes becomes the open chunk as it is. */
    private void adopt(Slab slab, int done, int length, long offset) {
        int rest = length - done;
        if (done > 0) {
            slab.move(done, 0, rest);
            core.counters().onCoalesced(rest);
        }
        file.openChunk = new Chunk(slab, rest);
        file.dirty.put(offset + done, rest, file.openChunk, 0);
    }

    /** Under lock: copies what fits into the open chunk. @return bytes copied. */
    private int fill(long offset, DirectBuffer source, int sourceOffset, int length) {
        int at = file.openChunk.length();
        int count = Math.min(length, core.layout().chunkLength() - at);
        file.openChunk.append(source, sourceOffset, count);
        file.dirty.put(offset, count, file.openChunk, at);
        core.counters().onCoalesced(count);
        return count;
    }
}
