package org.apollofs.dataplane.stripe;

import java.util.Arrays;
import org.apollofs.io.erasure.Reconstruction;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;

/**
 * Computes a range of a chunk from the same range of k others of its stripe. What it reads for that stays in the cache,
 * where the next reads of the stripe find it. Thread-safe; workers call and wait.
 */
final class Rebuilder {
    private final StripeContext context;
    private final StripeReader reader;
    private final ChunkCache cache;

    Rebuilder(StripeContext context, StripeReader reader, ChunkCache cache) {
        this.context = context;
        this.reader = reader;
        this.cache = cache;
    }

    /**
     * Rebuilds.
     *
     * @param failed the chunk itself, as it failed; or null if its target was not asked.
     * @return the range, verified, pinned. Of a copied stripe it is that of another copy.
     * @throws StripeException naming all that is unavailable: IO_ERROR if too much of it is lost, TIMEOUT if some of it
     *     may yet be had.
     */
    CachedChunk rebuild(
            PlacementTable table, long session, long stripe, int index, int from, int until, CachedChunk failed) {
        Survivors survivors = new Survivors(table, session, stripe, index, from, until, failed);
        if (table.dataChunks() == 1) {
            return survivors.gatherCopy();
        }
        CachedChunk chunk = cache.begin(session, stripe, index, from, until, true);
        if (chunk == null) {
            return awaitOther(session, stripe, index, from, until, survivors);
        }
        try {
            survivors.gather();
            survivors.computeInto(chunk);
            context.counters().chunksReconstructed.increment();
            return chunk;
        } catch (RuntimeException e) {
            boolean mayComeYet = e instanceof StripeException known && known.kind() == StripeException.Kind.TIMEOUT;
            chunk.fail(mayComeYet ? ErrorCode.UNREACHABLE : ErrorCode.IO_ERROR, e.getMessage());
            cache.unpin(chunk);
            throw e;
        } finally {
            survivors.unpin();
        }
    }

    /** Another worker is at it. */
    private CachedChunk awaitOther(long session, long stripe, int index, int from, int until, Survivors survivors) {
        CachedChunk chunk = cache.find(session, stripe, index, from, until);
        if (chunk != null) {
            if (reader.awaitVerified(chunk, survivors.group, survivors.table.dataChunks())) {
                return chunk;
            }
            cache.unpin(chunk);
            if (chunk.rebuilding) {
                throw StripeReader.rebuildingFailed(chunk);
            }
        }
        return rebuild(survivors.table, session, stripe, index, from, until, survivors.failed);
    }

    /** The other chunks of one stripe: which are there, which are not and why. */
    private final class Survivors {
        private final PlacementTable table;
        private final int[] group;
        private final long session;
        private final long stripe;
        private final int index;
        private final int from;
        private final int until;
        private final CachedChunk failed;
        private final CachedChunk[] chunks;
        private final StringBuilder problems = new StringBuilder();
        private int problemCount;
        /** Chunks among the problems that are lost: no waiting brings them back. */
        private int lostCount;

        private int tried;
        /** Chunks that can be used; those that are empty have no entry in {@code chunks}. */
        private int present;
        /** Data chunks that are not there: empty, or lost. */
        private int absent;

        private int[] lengths = {};

        Survivors(PlacementTable table, long session, long stripe, int index, int from, int until, CachedChunk failed) {
            this.table = table;
            this.group = table.group(stripe);
            this.session = session;
            this.stripe = stripe;
            this.index = index;
            this.from = from;
            this.until = until;
            this.failed = failed;
            this.chunks = new CachedChunk[group.length];
            this.tried = 1 << index;
            if (failed == null) {
                addProblem(
                        context.targets().describe(group[index]),
                        context.targets().isGone(group[index]));
            } else {
                addFailure(failed, group[index]);
            }
        }

        private void addFailure(CachedChunk chunk, int target) {
            reportIfBad(chunk);
            boolean gone = context.targets().isGone(target);
            addProblem(
                    gone
                            ? context.targets().describe(target)
                            : "target " + target + " " + chunk.error() + " (" + chunk.message() + ")",
                    gone || chunk.error() != ErrorCode.UNREACHABLE);
        }

        /** If it is the chunk's own trouble, and not its target's, repair is told. */
        private void reportIfBad(CachedChunk chunk) {
            switch (chunk.error()) {
                case NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR ->
                    context.suspects().report(chunk.session, chunk.stripe, chunk.index, table.id());
                case NO_SPACE, INVALID, OUT_OF_SERVICE, UNREACHABLE, REFUSED -> {
                    // The chunk may be as it should.
                }
            }
        }

        private void addProblem(String problem, boolean lost) {
            problems.append(problemCount++ == 0 ? "" : ", ").append(problem);
            lostCount += lost ? 1 : 0;
        }

        /** Any other copy will do. */
        CachedChunk gatherCopy() {
            for (int i = next(false); i >= 0; i = next(false)) {
                CachedChunk copy = reader.load(session, stripe, i, group[i], from, until);
                tried |= 1 << i;
                if (reader.awaitVerified(copy, group, 1)) {
                    context.counters().chunksReconstructed.increment();
                    return copy;
                }
                addFailure(copy, group[i]);
                cache.unpin(copy);
            }
            throw unavailable();
        }

        /** Gets hold of k chunks. */
        void gather() {
            if (from > 0) {
                // The others may end before the range: a parity chunk says where.
                askFor(1, true);
            }
            int missing = table.dataChunks() - Integer.bitCount(present);
            while (missing > 0) {
                if (askFor(missing, false) == 0) {
                    throw unavailable();
                }
                missing = table.dataChunks() - Integer.bitCount(present);
            }
        }

        /** Asks for several chunks at once and waits for them. @return how many were asked for. */
        private int askFor(int count, boolean parityOnly) {
            int asked = 0;
            int asking = 0;
            while (asked < count) {
                int i = next(parityOnly);
                if (i < 0) {
                    break;
                }
                tried |= 1 << i;
                asked++;
                if (isEmptyHere(i)) {
                    present |= 1 << i;
                } else {
                    chunks[i] = reader.load(session, stripe, i, group[i], from, until);
                    asking |= 1 << i;
                }
            }
            for (int rest = asking; rest != 0; rest &= rest - 1) {
                await(Integer.numberOfTrailingZeros(rest));
            }
            settleAbsent();
            rejectForeign();
            return asked;
        }

        /** The next chunk to try: those on targets that are well first, data before parity. @return -1 if none is left. */
        private int next(boolean parityOnly) {
            int first = parityOnly ? table.dataChunks() : 0;
            for (int i = first; i < group.length; i++) {
                if ((tried & 1 << i) == 0 && context.targets().isReadable(group[i])) {
                    return i;
                }
            }
            for (int i = first; i < group.length; i++) {
                if ((tried & 1 << i) == 0) {
                    return i;
                }
            }
            return -1;
        }

        private boolean isEmptyHere(int i) {
            return i < lengths.length && lengths[i] <= from;
        }

        private void await(int i) {
            CachedChunk chunk = chunks[i];
            if (reader.awaitVerified(chunk, group, table.dataChunks())) {
                present |= 1 << i;
                if (chunk.stripeLengths().length == table.dataChunks()) {
                    takeLengths(chunk.stripeLengths());
                }
                return;
            }
            chunks[i] = null;
            cache.unpin(chunk);
            if (chunk.error() == ErrorCode.NOT_FOUND && i < table.dataChunks()) {
                absent |= 1 << i;
            } else {
                addFailure(chunk, group[i]);
            }
        }

        private void takeLengths(int[] said) {
            if (lengths.length > 0 && !Arrays.equals(lengths, said)) {
                context.suspects().report(session, stripe, index, table.id());
                throw new StripeException(
                        StripeException.Kind.IO_ERROR,
                        "stripe=" + stripe + ": its parity chunks contradict each other: " + Arrays.toString(lengths)
                                + ", " + Arrays.toString(said));
            }
            lengths = said;
        }

        /** A chunk that is not as long as parity says was not there when parity was computed: nothing follows from it. */
        private void rejectForeign() {
            for (int i = 0; i < lengths.length; i++) {
                CachedChunk chunk = chunks[i];
                if (chunk != null && chunk.chunkLength() != lengths[i]) {
                    chunks[i] = null;
                    cache.unpin(chunk);
                    present &= ~(1 << i);
                    context.suspects().report(session, stripe, i, table.id());
                    if (lengths[i] == 0) {
                        present |= 1 << i;
                    } else {
                        addProblem(
                                "target " + group[i] + " has a chunk of " + chunk.chunkLength() + " bytes, not "
                                        + lengths[i],
                                true);
                    }
                }
            }
        }

        /** A data chunk that is not there is a hole in the stripe or a loss: a parity chunk's lengths tell. */
        private void settleAbsent() {
            if (lengths.length == 0) {
                return;
            }
            for (int rest = absent; rest != 0; rest &= rest - 1) {
                int i = Integer.numberOfTrailingZeros(rest);
                if (lengths[i] == 0) {
                    present |= 1 << i;
                } else {
                    context.suspects().report(session, stripe, i, table.id());
                    addProblem("target " + group[i] + " NOT_FOUND", true);
                }
            }
            absent = 0;
        }

        void computeInto(CachedChunk result) {
            int k = table.dataChunks();
            int usable = lowestBits(present, k);
            Reconstruction plan = context.codes().plan(k, table.parityChunks(), usable, index);
            int length = Math.min(lengths[index], until) - from;
            if (length <= 0) {
                throw new StripeException(
                        StripeException.Kind.IO_ERROR,
                        "stripe=" + stripe + ", index=" + index + ": chunk has " + lengths[index]
                                + " bytes, wanted from " + from);
            }
            SharedSlab slab = reader.acquire();
            long[] output = {slab.slab().address()};
            int valid = 0;
            for (int s = 0; s < k; s++) {
                CachedChunk source = chunks[plan.source(s)];
                if (source != null) {
                    int sourceLength = Math.min(source.end(), until) - from;
                    valid = plan.accumulate(s, source.addressOf(from), sourceLength, output, valid);
                }
            }
            if (valid < length) {
                slab.slab().buffer().setMemory(valid, length - valid, (byte) 0);
            }
            result.completeVerified(slab, length, lengths[index]);
        }

        void unpin() {
            for (CachedChunk chunk : chunks) {
                if (chunk != null) {
                    cache.unpin(chunk);
                }
            }
        }

        StripeException unavailable() {
            for (int rest = absent; rest != 0; rest &= rest - 1) {
                // Without a parity chunk's lengths nobody knows whether there ever was one.
                addProblem("target " + group[Integer.numberOfTrailingZeros(rest)] + " NOT_FOUND", false);
            }
            int k = table.dataChunks();
            int m = table.parityChunks();
            return new StripeException(
                    lostCount > m ? StripeException.Kind.IO_ERROR : StripeException.Kind.TIMEOUT,
                    "stripe=" + stripe + ", " + problemCount + " of " + (k + m) + " chunks unavailable, " + k + "+" + m
                            + " survives " + m + ": " + problems);
        }
    }

    private static int lowestBits(int mask, int count) {
        int result = 0;
        int rest = mask;
        for (int i = 0; i < count; i++) {
            result |= Integer.lowestOneBit(rest);
            rest &= rest - 1;
        }
        return result;
    }
}
