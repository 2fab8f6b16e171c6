package org.apollofs.io.chunk;

/**
 * Sizes in which space is handed out: 64 KiB times a power of two, named by the exponent, from {@link #MIN_ORDER} to
 * {@link #MAX_ORDER} (16 MiB). Arithmetic only.
 */
final class SizeClass {
    /** Order of the smallest class. */
    static final int MIN_ORDER = 0;
    /** Order of the largest class: 16 MiB. */
    static final int MAX_ORDER = 8;
    /** Bytes of the smallest class, and the unit of all offsets. */
    static final int UNIT_LENGTH = 64 * 1024;
    /** log2 of {@link #UNIT_LENGTH}. */
    static final int UNIT_SHIFT = 16;
    /** Bytes of the largest class. */
    static final int MAX_LENGTH = UNIT_LENGTH << MAX_ORDER;

    private SizeClass() {}

    /** Order of the smallest class that holds so many bytes: 1 to {@link #MAX_LENGTH}. */
    static int orderOf(int length) {
        int units = (length + UNIT_LENGTH - 1) >>> UNIT_SHIFT;
        return units <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
    }

    /** Bytes of a class. */
    static int lengthOf(int order) {
        return UNIT_LENGTH << order;
    }
}
