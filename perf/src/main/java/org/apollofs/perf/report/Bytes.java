package org.apollofs.perf.report;

import java.util.Locale;

/** Sizes as people read them; what they type is read by the profiles' ByteSize. */
public final class Bytes {
    private static final String PREFIXES = "KMGT";

    private Bytes() {}

    /** A size in the largest binary unit that leaves at least 1: "1.95 GiB". */
    public static String format(long bytes) {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < PREFIXES.length()) {
            value /= 1024;
            power++;
        }
        if (power == 0) {
            return bytes + " B";
        }
        char prefix = PREFIXES.charAt(power - 1);
        return String.format(Locale.ROOT, "%.2f %ciB", value, prefix);
    }
}
