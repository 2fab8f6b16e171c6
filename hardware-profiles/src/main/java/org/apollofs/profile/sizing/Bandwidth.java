package org.apollofs.profile.sizing;

/** Bytes a second that a site must take and give, parity aside. */
public final class Bandwidth {
    private Bandwidth() {}

    /**
     * What a blocking save needs so that saves and lost work cost no more than a share of time, restarts aside: 2 S / (w^2 M).
     *
     * @param waste share, above 0 and below 1.
     */
    public static double blockingBytesPerSec(double checkpointBytes, double waste, double mtbfSec) {
        return 2 * checkpointBytes / (waste * waste * mtbfSec);
    }

    /** What an asynchronous save needs: it is written before the next begins. */
    public static double asyncBytesPerSec(double checkpointBytes, double intervalSec) {
        return checkpointBytes / intervalSec;
    }

    /** How long a save stops training where it blocks. */
    public static double saveSec(double checkpointBytes, double bytesPerSec) {
        return checkpointBytes / bytesPerSec;
    }

    /** How long a restart reads. @param readers copies of the checkpoint that are read: replicas, or 1 with a broadcast. */
    public static double restoreSec(double checkpointBytes, double readers, double readBytesPerSec) {
        return checkpointBytes * readers / readBytesPerSec;
    }

    /** What one GPU host moves. */
    public static double perHostBytesPerSec(double bytesPerSec, double hosts) {
        return bytesPerSec / hosts;
    }

    /** What the link to another site carries, where a checkpoint is copied at each interval. */
    public static double geoBytesPerSec(double checkpointBytes, double intervalSec) {
        return checkpointBytes / intervalSec;
    }

    /** A round trip in fibre: 1 ms per 100 km of distance. */
    public static double roundTripSec(double distanceKm) {
        return distanceKm / 100 / 1000;
    }
}
