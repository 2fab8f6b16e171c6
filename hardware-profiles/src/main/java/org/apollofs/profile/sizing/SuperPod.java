package org.apollofs.profile.sizing;

/**
 * What NVIDIA asks of storage for a DGX SuperPOD (RA-11333-001 V11, Table 6), as bytes a second for one GPU: the figures for 4
 * scalable units, 127 nodes of 8 GPUs.
 */
public enum SuperPod {
    GOOD(30e9, 60e9),
    BETTER(80e9, 160e9),
    BEST(250e9, 500e9);

    private static final double GPUS = 127 * 8;

    private final double writeBytesPerSec;
    private final double readBytesPerSec;

    SuperPod(double writeBytesPerSec, double readBytesPerSec) {
        this.writeBytesPerSec = writeBytesPerSec;
        this.readBytesPerSec = readBytesPerSec;
    }

    /** Write rate for so many GPUs. */
    public double writeBytesPerSec(double gpus) {
        return writeBytesPerSec / GPUS * gpus;
    }

    /** Read rate for so many GPUs. */
    public double readBytesPerSec(double gpus) {
        return readBytesPerSec / GPUS * gpus;
    }
}
