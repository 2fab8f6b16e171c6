package org.apollofs.profile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How files are cut into stripes.
 *
 * @param dataChunks k, 1 to 16.
 * @param parityChunks m, 0 to 4.
 * @param chunkLength most payload bytes of a chunk, a power of two from 64 KiB to 16 MiB.
 * @param inlineLimit files up to this many bytes live in the namespace record, at most 64 KiB.
 */
public record LayoutProfile(int dataChunks, int parityChunks, int chunkLength, int inlineLimit) {
    /** Most data chunks of a stripe. */
    public static final int MAX_DATA_CHUNKS = 16;
    /** Most parity chunks of a stripe. */
    public static final int MAX_PARITY_CHUNKS = 4;

    private static final Pattern NOTATION = Pattern.compile("([0-9]{1,2})\\+([0-9]{1,2})");

    /** Chunks of a stripe. */
    public int chunks() {
        return dataChunks + parityChunks;
    }

    /** Bytes on the targets for each byte written. */
    public double overhead() {
        return (double) chunks() / dataChunks;
    }

    /** As {@code 4+2}. */
    public String notation() {
        return dataChunks + "+" + parityChunks;
    }

    /**
     * Reads {@code k+m}.
     *
     * @return k and m.
     * @throws IllegalArgumentException with a line that says what is expected.
     */
    public static int[] parse(String notation) {
        Matcher matcher = NOTATION.matcher(notation.strip());
        if (matcher.matches()) {
            int k = Integer.parseInt(matcher.group(1));
            int m = Integer.parseInt(matcher.group(2));
            if (k >= 1 && k <= MAX_DATA_CHUNKS && m <= MAX_PARITY_CHUNKS) {
                return new int[] {k, m};
            }
        }
        throw new IllegalArgumentException("layout: expected k+m with k from 1 to " + MAX_DATA_CHUNKS
                + " and m from 0 to " + MAX_PARITY_CHUNKS + ", such as 4+2, found \"" + notation + "\"");
    }

    LayoutProfile withChunks(int k, int m) {
        return new LayoutProfile(k, m, chunkLength, inlineLimit);
    }
}
