package org.apollofs.dataplane.client;

import java.util.Arrays;
import java.util.List;
import org.apollofs.dataplane.layout.ExtentRuns;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.dataplane.stripe.StripeException;
import org.apollofs.dataplane.stripe.StripeProof;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.transport.Lane;

/** Reads a file through all its layers. Thread-safe; workers call and wait. */
final class FileReader {
    private final FileState file;
    private final ClientCore core;
    private final ThreadLocal<ReadPlan> plans;
    private final ThreadLocal<ResultBuilder> builders;

    /** @param plans and {@code builders}: one for each thread, shared by all files. */
    FileReader(FileState file, ThreadLocal<ReadPlan> plans, ThreadLocal<ResultBuilder> builders) {
        this.file = file;
        this.core = file.core;
        this.plans = plans;
        this.builders = builders;
    }

    /** Reads; see {@link OpenFile#read}. */
    void read(long offset, int length, Readahead readahead, ReadResult result) {
        if (offset < 0 || length < 0 || length > core.zeros().slab().capacity()) {
            throw new DataException(
                    DataException.Kind.INVALID,
                    "read failed: inode=" + file.inode + ", offset=" + offset + ", length=" + length + " (at most "
                            + core.zeros().slab().capacity() + ")");
        }
        core.reader().begin();
        try {
            readAdmitted(offset, length, readahead, result);
        } catch (StripeException e) {
            throw Errors.of(e, "read failed: inode=" + file.inode + ", offset=" + offset + ", length=" + length + ": ");
        } catch (NamespaceException e) {
            throw Errors.of(e, "read failed: inode=" + file.inode + ", offset=" + offset + ": ");
        } finally {
            core.reader().end();
        }
        core.counters().onRead(result.length());
    }

    private void readAdmitted(long offset, int length, Readahead readahead, ReadResult result) {
        ReadPlan plan = plans.get();
        FileContent content = plan(offset, length, plan);
        prefetch(offset, length, readahead, content);
        try {
            execute(plan, readahead.isSequential(), result);
        } catch (StripeException e) {
            result.release();
            boolean usedCommitted = plan.usesCommitted();
            plan.clear();
            if (!usedCommitted || !hasChanged(content)) {
                throw e;
            }
            // What was read had been replaced meanwhile, and is deleted.
            plan(offset, length, plan);
            execute(plan, false, result);
        } finally {
            plan.clear();
        }
    }

    private boolean hasChanged(FileContent before) {
        file.invalidate();
        return FileContents.version(file.content()) != FileContents.version(before);
    }

    /** Finds out where the bytes are. @return the committed content that was used. */
    private FileContent plan(long offset, int length, ReadPlan plan) {
        while (true) {
            FileContent content = file.content();
            file.lock.lock();
            try {
                if (!file.replace && !file.isCurrent(content)) {
                    continue;
                }
                file.noteFailures();
                FileContent base = file.replace ? FileContents.EMPTY : content;
                long end = Math.min(offset + length, file.visibleSize(FileContents.size(base)));
                boolean complete = true;
                if (file.image != null) {
                    planImage(offset, end, plan);
                } else {
                    complete = planLayers(offset, end, base, plan);
                }
                if (complete) {
                    return base;
                }
                plan.clear();
            } finally {
                file.lock.unlock();
            }
        }
    }

    private void planImage(long offset, long end, ReadPlan plan) {
        int until = (int) Math.min(end, file.image.size());
        if (offset < until) {
            // A copy: the image goes on changing.
            byte[] bytes = Arrays.copyOfRange(file.image.array(), (int) offset, until);
            plan.addBytes(bytes, 0, bytes.length);
        }
        long rest = end - Math.max(offset, until);
        if (rest > 0) {
            plan.addZeros((int) rest);
        }
    }

    /** @return false if a stripe was given up meanwhile: plan again. */
    private boolean planLayers(long offset, long end, FileContent base, ReadPlan plan) {
        DirtyExtents dirty = file.dirty;
        long position = offset;
        int next = dirty.firstEndingAfter(offset);
        while (position < end) {
            long dirtyStart = next < dirty.count() ? dirty.offset(next) : Long.MAX_VALUE;
            if (dirtyStart > position) {
                long until = Math.min(end, dirtyStart);
                planCommitted(position, until, base, plan);
                position = until;
            } else {
                int piece = (int) (Math.min(end, dirty.end(next)) - position);
                if (!planDirty(next, (int) (position - dirtyStart), piece, plan)) {
                    return false;
                }
                position += piece;
                next++;
            }
        }
        return true;
    }

    private boolean planDirty(int range, int skip, int length, ReadPlan plan) {
        Chunk chunk = file.dirty.chunk(range);
        int start = file.dirty.chunkOffset(range) + skip;
        if (chunk.slab().tryRetain()) {
            plan.addMemory(chunk.slab(), start, length);
            return true;
        }
        StripeProof proof = chunk.stripe().proof();
        if (proof == null) {
            file.dropFailed();
            return false;
        }
        plan.addChunk(proof.session(), proof.number(), chunk.index(), proof.placement(), chunk.length(), start, length);
        return true;
    }

    private void planCommitted(long from, long until, FileContent base, ReadPlan plan) {
        List<Extent> extents = base.extents();
        long position = from;
        int next = FileContents.firstEndingAfter(extents, from);
        while (position < until) {
            Extent extent = next < extents.size() ? extents.get(next) : null;
            if (extent != null && extent.fileOffset() <= position) {
                int piece = (int) (Math.min(until, extent.end()) - position);
                plan.addExtent(extent, position, piece, dataChunks(extent));
                position += piece;
                next++;
            } else {
                long gapEnd = extent == null ? until : Math.min(until, extent.fileOffset());
                planInline(position, gapEnd, base.inline(), plan);
                position = gapEnd;
            }
        }
    }

    private void planInline(long from, long until, byte[] inline, ReadPlan plan) {
        int inlineLength = (int) Math.max(0, Math.min(until, inline.length) - from);
        if (inlineLength > 0) {
            plan.addBytes(inline, (int) from, inlineLength);
        }
        int zeros = (int) (until - from) - inlineLength;
        if (zeros > 0) {
            plan.addZeros(zeros);
        }
    }

    private int dataChunks(Extent extent) {
        return core.placements().table(extent.placement()).dataChunks();
    }

    private void execute(ReadPlan plan, boolean sequential, ReadResult result) {
        ResultBuilder builder = builders.get();
        builder.begin(result);
        for (int i = 0; i < plan.count(); i++) {
            int length = plan.length(i);
            int start = plan.start(i);
            switch (plan.source(i)) {
                case ZEROS -> builder.acceptZeros(length);
                case BYTES -> builder.acceptBytes(plan.array(i), start, length);
                case MEMORY -> {
                    SharedSlab slab = plan.slab(i);
                    builder.accept(slab, slab.slab().address() + start, length);
                }
                case CHUNK -> readChunk(plan, i, sequential, builder);
            }
        }
        builder.finish();
    }

    private void readChunk(ReadPlan plan, int i, boolean sequential, ResultBuilder builder) {
        int start = plan.start(i);
        int length = plan.length(i);
        int stride = plan.stride(i);
        // A block costs little more than a byte of it, a chunk much more: only for who will want the rest.
        boolean whole = sequential || length >= stride / 4;
        core.reader()
                .read(
                        plan.session(i),
                        plan.stripe(i),
                        plan.index(i),
                        plan.placement(i),
                        start,
                        length,
                        whole ? 0 : start,
                        whole ? Math.max(stride, start + length) : roundUp(start + length),
                        builder);
    }

    private static int roundUp(int end) {
        return (end + Lane.CHECKSUM_BLOCK_LENGTH - 1) & -Lane.CHECKSUM_BLOCK_LENGTH;
    }

    // ---- reading ahead

    private void prefetch(long offset, int length, Readahead readahead, FileContent content) {
        long until = readahead.onRead(offset, length);
        if (until < 0 || content.extents().isEmpty()) {
            return;
        }
        long from = readahead.issuedUntil();
        List<Extent> extents = content.extents();
        for (int next = FileContents.firstEndingAfter(extents, from); next < extents.size() && from < until; next++) {
            Extent extent = extents.get(next);
            from = Math.max(from, extent.fileOffset());
            int k = dataChunks(extent);
            while (from < Math.min(until, extent.end())) {
                from = prefetchChunk(extent, from, k);
                if (from < 0) {
                    return;
                }
                readahead.onIssued(from);
            }
        }
    }

    /** @return the first byte of the file after the chunk, or -1 if slabs are short. */
    private long prefetchChunk(Extent extent, long fileOffset, int k) {
        long position = ExtentRuns.position(extent, fileOffset);
        boolean asked = core.reader()
                .prefetch(
                        extent.session(),
                        ExtentRuns.stripeAt(extent, position, k),
                        ExtentRuns.indexAt(extent, position, k),
                        extent.placement(),
                        extent.chunkStride());
        return asked ? fileOffset + ExtentRuns.lengthInChunk(extent, position) : -1;
    }
}
