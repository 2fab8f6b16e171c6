package org.apollofs.dataplane.layout;

/**
 * The shape of a stripe: how many chunks, how long. Pure arithmetic, immutable.
 *
 * <p>A chunk carries up to {@code chunkLength} bytes of payload and lies padded to {@link #PAD_LENGTH} on its device.
 * Parity is computed over the data chunks as if each went on with zeros up to the longest.
 *
 * @param dataChunks k, at least 1.
 * @param parityChunks m, 0 or more. With k=1 the parity chunks are copies.
 * @param chunkLength most bytes of payload in a chunk: a multiple of {@link #PAD_LENGTH}.
 */
public record StripeLayout(int dataChunks, int parityChunks, int chunkLength) {
    /** Chunks are padded to this on the device: the sector size of every NVMe drive divides it. */
    public static final int PAD_LENGTH = 4096;

    public static final int MIN_CHUNK_LENGTH = 64 * 1024;
    public static final int MAX_CHUNK_LENGTH = 16 * 1024 * 1024;
    /** Most chunks of a stripe: a set of them fits a byte-wise code and a bit mask. */
    public static final int MAX_WIDTH = 30;

    public StripeLayout {
        if (dataChunks < 1 || parityChunks < 0 || dataChunks + parityChunks > MAX_WIDTH) {
            throw new IllegalArgumentException("stripe layout: dataChunks=" + dataChunks
                    + " (at least 1), parityChunks=" + parityChunks + " (at least 0), together at most " + MAX_WIDTH);
        }
        if (chunkLength < MIN_CHUNK_LENGTH || chunkLength > MAX_CHUNK_LENGTH || chunkLength % PAD_LENGTH != 0) {
            throw new IllegalArgumentException("stripe layout: chunkLength=" + chunkLength + " (a multiple of "
                    + PAD_LENGTH + " from " + MIN_CHUNK_LENGTH + " to " + MAX_CHUNK_LENGTH + ")");
        }
    }

    /** Reads "4+2". @throws IllegalArgumentException if it is not of this form, or out of bounds. */
    public static StripeLayout parse(String text, int chunkLength) {
        int plus = text.indexOf('+');
        try {
            if (plus > 0) {
                return new StripeLayout(
                        Integer.parseInt(text, 0, plus, 10),
                        Integer.parseInt(text, plus + 1, text.length(), 10),
                        chunkLength);
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("stripe layout: '" + text + "' is not of the form 4+2", e);
        }
        throw new IllegalArgumentException("stripe layout: '" + text + "' is not of the form 4+2");
    }

    /** Chunks of a stripe, and targets of a group: k+m. */
    public int width() {
        return dataChunks + parityChunks;
    }

    /** Length on the device. */
    public static int padded(int length) {
        return (length + PAD_LENGTH - 1) & -PAD_LENGTH;
    }

    /**
     * Payload of each parity chunk.
     *
     * @param longest payload of the longest data chunk of the stripe. A copy (k=1) is as long as its original.
     */
    public int parityLength(int longest) {
        return dataChunks == 1 ? longest : padded(longest);
    }

    /** Whether an index in the stripe is that of a parity chunk. */
    public boolean isParity(int index) {
        return index >= dataChunks;
    }

    /** Bytes on the devices for a byte of files. */
    public double overhead() {
        return (double) width() / dataChunks;
    }

    @Override
    public String toString() {
        return dataChunks + "+" + parityChunks;
    }
}
