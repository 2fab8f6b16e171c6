package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A set of block numbers, 0 to a bound, that finds its lowest member in a few steps: a bitmap outside the heap with a
 * bitmap of its non-zero words above it, and so on up to one word. 240 million blocks take 30.5 MB.
 *
 * <p>One owner, who closes it.
 */
final class FreeBitmap implements AutoCloseable {
    private static final int WORD_SHIFT = 6;

    private final long bitCount;
    private final NativeMemory[] levels;

    /** @param bitCount numbers 0 to bitCount - 1 may be members; at most 2^33. */
    FreeBitmap(long bitCount) {
        if (bitCount < 1 || bitCount > 1L << 33) {
            throw new IllegalArgumentException("bitmap: bitCount=" + bitCount + " (1 to 2^33)");
        }
        this.bitCount = bitCount;
        int count = 1;
        for (long words = wordsFor(bitCount); words > 1; words = wordsFor(words)) {
            count++;
        }
        levels = new NativeMemory[count];
        long bits = bitCount;
        for (int i = 0; i < count; i++) {
            long words = wordsFor(bits);
            levels[i] = NativeMemory.zeroed((int) (words * Long.BYTES));
            bits = words;
        }
    }

    private static long wordsFor(long bits) {
        return (bits + Long.SIZE - 1) >>> WORD_SHIFT;
    }

    /** Whether a number is a member; numbers past the bound are not. */
    boolean contains(long bit) {
        return bit < bitCount && (word(0, bit >>> WORD_SHIFT) & (1L << bit)) != 0;
    }

    /** Adds a number. */
    void add(long bit) {
        long position = bit;
        for (int level = 0; level < levels.length; level++) {
            long index = position >>> WORD_SHIFT;
            long word = word(level, index);
            putWord(level, index, word | (1L << position));
            if (word != 0) {
                return;
            }
            position = index;
        }
    }

    /** Removes a number. */
    void remove(long bit) {
        long position = bit;
        for (int level = 0; level < levels.length; level++) {
            long index = position >>> WORD_SHIFT;
            long word = word(level, index) & ~(1L << position);
            putWord(level, index, word);
            if (word != 0) {
                return;
            }
            position = index;
        }
    }

    /** The lowest member, or -1. */
    long first() {
        return word(levels.length - 1, 0) == 0 ? -1 : descend(levels.length, 0);
    }

    /** The lowest member that is not below a number, or -1. */
    long firstFrom(long bit) {
        long position = bit;
        for (int level = 0; level < levels.length; level++) {
            long index = position >>> WORD_SHIFT;
            if (index >= levels[level].length() >>> 3) {
                return -1;
            }
            long word = word(level, index) & (-1L << position);
            if (word != 0) {
                return descend(level, (index << WORD_SHIFT) + Long.numberOfTrailingZeros(word));
            }
            position = index + 1;
        }
        return -1;
    }

    /** The lowest member below a bit of a level, which is set. */
    private long descend(int fromLevel, long fromIndex) {
        long index = fromIndex;
        for (int level = fromLevel - 1; level >= 0; level--) {
            index = (index << WORD_SHIFT) + Long.numberOfTrailingZeros(word(level, index));
        }
        return index;
    }

    /** Bytes outside the heap. */
    long memoryBytes() {
        long bytes = 0;
        for (NativeMemory level : levels) {
            bytes += level.length();
        }
        return bytes;
    }

    private long word(int level, long index) {
        UnsafeBuffer buffer = levels[level].buffer();
        return buffer.getLong((int) (index << 3));
    }

    private void putWord(int level, long index, long word) {
        levels[level].buffer().putLong((int) (index << 3), word);
    }

    @Override
    public void close() {
        for (NativeMemory level : levels) {
            level.close();
        }
    }
}
