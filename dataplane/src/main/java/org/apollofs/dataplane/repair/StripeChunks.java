package org.apollofs.dataplane.repair;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.Checksums;
import org.apollofs.dataplane.stripe.ParityCodes;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.erasure.Reconstruction;

/**
 * The chunks of one stripe in memory: finds out which are right, and computes those that are not there. Pure; one thread;
 * the slabs are the caller's, one for each chunk and one more.
 *
 * <p>What is computed is proved three times before anybody writes it: all chunks that are there and not needed must be what
 * the others give; the bytes behind a data chunk's end must come out as zeros; and a chunk that was read, taken as unknown,
 * must come out of the computed one as it was read. Where more than one answer is possible, there is none.
 */
final class StripeChunks {
    private final ParityCodes codes;
    private final int k;
    private final int m;
    private final Slab[] slabs;
    private final Slab scratch;
    private final ChunkCondition[] conditions;
    /** Payload of each chunk as read. */
    private final int[] lengths;

    private final byte[][] checksums;
    /** Of parity chunks: what they say the data chunks' lengths are. */
    private final int[][] saidLengths;
    /** Payload of the data chunks, once they are settled. */
    private int[] dataLengths;
    /** Chunks that are there contradict each other: nothing is believed unless more than k agree. */
    private boolean contradiction;

    private String problem;

    /** @param slabs one for each chunk, its bytes if it is there, and a last one to compute in. */
    StripeChunks(ParityCodes codes, int dataChunks, int parityChunks, Slab[] slabs) {
        this.codes = codes;
        this.k = dataChunks;
        this.m = parityChunks;
        this.slabs = slabs;
        this.scratch = slabs[k + m];
        this.conditions = new ChunkCondition[k + m];
        Arrays.fill(conditions, ChunkCondition.UNREACHABLE);
        this.lengths = new int[k + m];
        this.checksums = new byte[k + m][];
        this.saidLengths = new int[k + m][];
    }

    int width() {
        return k + m;
    }

    ChunkCondition condition(int index) {
        return conditions[index];
    }

    /** A chunk was not read. */
    void set(int index, ChunkCondition condition) {
        conditions[index] = condition;
    }

    /**
     * A whole chunk was read into its slab. Verifies it.
     *
     * @param chunkChecksums as stored with it.
     * @param stripeLengths as stored with it; empty for a data chunk.
     */
    void read(int index, int length, byte[] chunkChecksums, byte[] stripeLengths) {
        lengths[index] = length;
        checksums[index] = chunkChecksums;
        UnsafeBuffer sums = new UnsafeBuffer(chunkChecksums);
        boolean whole = Checksums.firstMismatch(slabs[index].buffer(), length, sums) < 0;
        if (whole && index >= k) {
            saidLengths[index] = decode(stripeLengths);
        }
        conditions[index] = whole ? ChunkCondition.GOOD : ChunkCondition.DAMAGED;
    }

    private static int[] decode(byte[] stripeLengths) {
        UnsafeBuffer buffer = new UnsafeBuffer(stripeLengths);
        int[] decoded = new int[stripeLengths.length / Integer.BYTES];
        for (int i = 0; i < decoded.length; i++) {
            decoded[i] = buffer.getInt(i * Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
        }
        return decoded;
    }

    int usableCount() {
        int count = 0;
        for (ChunkCondition condition : conditions) {
            count += condition.isUsable() ? 1 : 0;
        }
        return count;
    }

    /** Why nothing can be computed, or null. */
    String problem() {
        return problem;
    }

    /**
     * Settles which chunks are right.
     *
     * @param referenced bits of the data chunks that files refer to.
     * @return whether at least k chunks are, and no others contradict them: then {@link #rebuild} gives the rest.
     */
    boolean settle(int referenced) {
        if (!settleLengths(referenced)) {
            return false;
        }
        for (int i = 0; i < k + m; i++) {
            settleLength(i);
        }
        if (usableCount() < k) {
            problem = problem == null ? usableCount() + " of " + k + " chunks needed are there" : problem;
            return false;
        }
        return agree();
    }

    private boolean settleLengths(int referenced) {
        for (int i = k; i < k + m; i++) {
            if (conditions[i] == ChunkCondition.GOOD && !isPossible(saidLengths[i])) {
                conditions[i] = ChunkCondition.STALE;
                contradiction = true;
            }
        }
        for (int i = k; i < k + m; i++) {
            if (conditions[i] == ChunkCondition.GOOD) {
                if (dataLengths == null || fits(saidLengths[i]) > fits(dataLengths)) {
                    dataLengths = saidLengths[i];
                }
            }
        }
        for (int i = k; i < k + m && dataLengths != null; i++) {
            if (conditions[i] == ChunkCondition.GOOD && !Arrays.equals(dataLengths, saidLengths[i])) {
                conditions[i] = ChunkCondition.STALE;
                contradiction = true;
            }
        }
        return dataLengths != null || lengthsOfData(referenced);
    }

    private boolean isPossible(int[] said) {
        if (said.length != k) {
            return false;
        }
        for (int length : said) {
            if (length < 0 || length > scratch.capacity()) {
                return false;
            }
        }
        return true;
    }

    /** How many of the data chunks that are there have the lengths that a parity chunk says. */
    private int fits(int[] said) {
        int count = 0;
        for (int i = 0; i < k; i++) {
            count += conditions[i] == ChunkCondition.GOOD && lengths[i] == said[i] ? 1 : 0;
        }
        return count;
    }

    /** No parity chunk says them. A data chunk that is absent and that no file refers to is taken for one that never was. */
    private boolean lengthsOfData(int referenced) {
        int[] found = new int[k];
        for (int i = 0; i < k; i++) {
            boolean isHole = conditions[i] == ChunkCondition.ABSENT && (referenced & 1 << i) == 0;
            if (conditions[i] != ChunkCondition.GOOD && !isHole) {
                problem = "data chunk " + i + " is gone, and so is all parity";
                return false;
            }
            found[i] = isHole ? 0 : lengths[i];
        }
        dataLengths = found;
        return true;
    }

    private void settleLength(int index) {
        if (index < k && dataLengths[index] == 0) {
            contradiction |= conditions[index] == ChunkCondition.GOOD;
            conditions[index] = ChunkCondition.HOLE;
        } else if (conditions[index] == ChunkCondition.GOOD && lengths[index] != lengthOf(index)) {
            conditions[index] = ChunkCondition.STALE;
            contradiction = true;
        }
    }

    private int longest() {
        return Arrays.stream(dataLengths).max().orElse(0);
    }

    /** Payload of a chunk. After {@link #settle}. */
    int lengthOf(int index) {
        if (index < k) {
            return dataLengths[index];
        }
        return k == 1 ? longest() : StripeLayout.padded(longest());
    }

    /** The data chunks' lengths, as they are stored with parity. */
    UnsafeBuffer stripeLengths() {
        UnsafeBuffer encoded = new UnsafeBuffer(new byte[k * Integer.BYTES]);
        for (int i = 0; i < k; i++) {
            encoded.putInt(i * Integer.BYTES, dataLengths[i], ByteOrder.LITTLE_ENDIAN);
        }
        return encoded;
    }

    /** Whether all chunks that are there are of one stripe; finds the one that is not, if that can be known. */
    private boolean agree() {
        int usable = usableMask();
        if (Integer.bitCount(usable) == k) {
            problem = contradiction ? "chunks contradict each other, and none is left to say which is wrong" : null;
            return !contradiction;
        }
        if (isConsistent(usable)) {
            return true;
        }
        int wrong = -1;
        for (int i = 0; i < k + m && Integer.bitCount(usable) > k + 1; i++) {
            if (conditions[i] == ChunkCondition.GOOD && isConsistent(usable & ~(1 << i))) {
                if (wrong >= 0) {
                    wrong = -1;
                    break;
                }
                wrong = i;
            }
        }
        if (wrong < 0) {
            problem = "parity does not match the data, and it cannot be known which chunk is wrong";
            return false;
        }
        conditions[wrong] = ChunkCondition.STALE;
        return true;
    }

    private int usableMask() {
        int mask = 0;
        for (int i = 0; i < k + m; i++) {
            mask |= conditions[i].isUsable() ? 1 << i : 0;
        }
        return mask;
    }

    private boolean isConsistent(int mask) {
        int sources = lowestBits(mask, k);
        for (int rest = mask & ~sources; rest != 0; rest &= rest - 1) {
            int index = Integer.numberOfTrailingZeros(rest);
            int valid = compute(sources, index, scratch);
            if (!isSame(index, valid)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the scratch slab holds what a chunk holds. */
    private boolean isSame(int index, int valid) {
        int length = conditions[index] == ChunkCondition.HOLE ? 0 : lengthOf(index);
        int common = Math.min(length, valid);
        return scratch.mismatch(slabs[index], common) < 0
                && isZero(scratch, common, valid)
                && isZero(slabs[index], common, length);
    }

    private static boolean isZero(Slab slab, int from, int until) {
        UnsafeBuffer buffer = slab.buffer();
        int at = from;
        while (at < until && (at & 7) != 0) {
            if (buffer.getByte(at++) != 0) {
                return false;
            }
        }
        for (; at + Long.BYTES <= until; at += Long.BYTES) {
            if (buffer.getLong(at) != 0) {
                return false;
            }
        }
        while (at < until) {
            if (buffer.getByte(at++) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Computes a chunk from exactly k others. @return bytes that may not be zero. */
    private int compute(int sources, int index, Slab destination) {
        Reconstruction plan = codes.plan(k, m, sources, index);
        long[] output = {destination.address()};
        int valid = 0;
        for (int s = 0; s < k; s++) {
            int source = plan.source(s);
            if (conditions[source] != ChunkCondition.HOLE) {
                valid = plan.accumulate(s, slabs[source].address(), lengthOf(source), output, valid);
            }
        }
        return valid;
    }

    /**
     * Computes a chunk into its slab, and proves it. After {@link #settle} said yes.
     *
     * @return its checksums, or null if it does not prove right: {@link #problem()} says how.
     */
    UnsafeBuffer rebuild(int index) {
        int sources = lowestBits(usableMask(), k);
        int length = lengthOf(index);
        int valid = compute(sources, index, slabs[index]);
        if (valid > length && !isZero(slabs[index], length, valid)) {
            problem = "chunk " + index + " comes out longer than it was";
            return null;
        }
        if (valid < length) {
            slabs[index].buffer().setMemory(valid, length - valid, (byte) 0);
        }
        UnsafeBuffer computed = Checksums.of(slabs[index].buffer(), length);
        if (conditions[index] == ChunkCondition.DAMAGED
                && checksums[index] != null
                && lengths[index] == length
                && !isEqual(computed, checksums[index])) {
            problem = "chunk " + index + " comes out other than its stored checksums say";
            return null;
        }
        if (!gives(sources, index)) {
            problem = "chunk " + index + " does not give back what it was computed from";
            return null;
        }
        return computed;
    }

    private static boolean isEqual(DirectBuffer left, byte[] right) {
        return left.compareTo(new UnsafeBuffer(right)) == 0;
    }

    /** Whether a computed chunk gives back one of its sources. */
    private boolean gives(int sources, int index) {
        for (int rest = sources; rest != 0; rest &= rest - 1) {
            int source = Integer.numberOfTrailingZeros(rest);
            if (conditions[source] == ChunkCondition.GOOD) {
                int valid = compute((sources & ~(1 << source)) | 1 << index, source, scratch);
                return isSame(source, valid);
            }
        }
        return true;
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
