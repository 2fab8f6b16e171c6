package org.apollofs.profile.sizing;

/** How many servers a site needs. */
public final class Servers {
    private Servers() {}

    /**
     * By bandwidth.
     *
     * @param bytesPerSec of users, parity aside.
     * @param overhead bytes on targets for each byte written; 1 if the server's rate was measured after protection.
     * @param serverBytesPerSec that one server takes.
     */
    public static long byBandwidth(double bytesPerSec, double overhead, double serverBytesPerSec) {
        return ceil(bytesPerSec * overhead / serverBytesPerSec);
    }

    /**
     * By capacity.
     *
     * @param usableBytes that users fill, parity aside.
     * @param overhead bytes on targets for each byte written.
     * @param fill share of a target that may be filled; 1 for none kept free.
     * @param serverBytes of drives in one server.
     */
    public static long byCapacity(double usableBytes, double overhead, double fill, double serverBytes) {
        return ceil(usableBytes * overhead / fill / serverBytes);
    }

    /** Bytes that users fill. */
    public static double capacityBytes(
            double checkpointBytes, double checkpointsKept, double jobs, double logBytes, double weightBytes) {
        return checkpointBytes * checkpointsKept * jobs + logBytes + weightBytes;
    }

    /** Whole servers: a billionth over is rounding and not a server. */
    static long ceil(double servers) {
        return (long) Math.ceil(servers * (1 - 1e-12));
    }
}
