package org.apollofs.profile.sizing;

/** How many bytes a checkpoint has. Its size grows with the model, not with the cluster. */
public final class Checkpoint {
    /**
     * Mixed precision with Adam: 2 bytes of BF16 weights, 12 of FP32 master weights and two moments. Equals the files of the four
     * MLPerf Storage models to 0.1%.
     */
    public static final double BYTES_PER_PARAMETER = 14;

    /** Upper rule of thumb, with FP32 gradients' room (Glenn Lockwood, VAST). */
    public static final double MOST_BYTES_PER_PARAMETER = 16;

    private Checkpoint() {}

    /** Weights as inference loads them. */
    public enum Precision {
        BF16(2),
        FP8(1);

        private final int bytes;

        Precision(int bytes) {
            this.bytes = bytes;
        }
    }

    /** Bytes of a checkpoint. */
    public static double bytes(double parameters, double bytesPerParameter) {
        return parameters * bytesPerParameter;
    }

    /** Bytes of weights alone. */
    public static double weightBytes(double parameters, Precision precision) {
        return parameters * precision.bytes;
    }
}
