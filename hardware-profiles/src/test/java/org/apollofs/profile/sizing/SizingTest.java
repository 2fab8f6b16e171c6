package org.apollofs.profile.sizing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each formula with the worked numbers of docs/sizing.md, as exact as they are printed. */
final class SizingTest {
    private static final double TB = 1e12;
    private static final double GB = 1e9;

    @ParameterizedTest
    @CsvSource({"405853388800, 5.68", "1183035102480, 16.56", "2e12, 28", "1e13, 140"})
    void shouldSizeCheckpoint(double parameters, double terabytes) {
        assertEquals(terabytes, Checkpoint.bytes(parameters, Checkpoint.BYTES_PER_PARAMETER) / TB, 0.005);
    }

    /** Files of MLPerf Storage's models, counted. */
    @ParameterizedTest
    @CsvSource({"8030261248, 104.70", "69882617856, 911.21", "405853388800, 5292.25", "1183035102480, 15426.59"})
    void shouldAgreeWithMlperfTo1Permille(double parameters, double gibibytes) {
        double bytes = gibibytes * (1L << 30);
        assertEquals(bytes, Checkpoint.bytes(parameters, Checkpoint.BYTES_PER_PARAMETER), bytes / 1000);
    }

    @Test
    void shouldSizeWeights() {
        assertEquals(2 * TB, Checkpoint.weightBytes(1 * TB, Checkpoint.Precision.BF16));
        assertEquals(1 * TB, Checkpoint.weightBytes(1 * TB, Checkpoint.Precision.FP8));
        assertEquals(16 * TB, Checkpoint.bytes(1 * TB, Checkpoint.MOST_BYTES_PER_PARAMETER));
    }

    @ParameterizedTest
    @CsvSource({"4096, 12.2, 0.05", "8192, 6.1, 0.05", "16384, 3.05, 0.005", "160000, 0.3125, 1e-9"})
    void shouldKnowTimeBetweenFailures(double gpus, double hours, double tolerance) {
        assertEquals(hours, Failures.meanTimeSec(gpus, Failures.GPU_HOURS) / 3600, tolerance);
    }

    @Test
    void shouldAgreeWithLlama3() {
        assertEquals(Failures.GPU_HOURS, 54 * 24 * 16_384.0 / 419, 700);
    }

    /** Site, checkpoint in TB, bandwidth in TB/s, blocking save, Young's interval, waste without restarts. */
    @ParameterizedTest
    @CsvSource({
        "4096, 405853388800, 1.0, 5.7, 706, 1.6",
        "4096, 405853388800, 2.5, 2.3, 446, 1.0",
        "8192, 1183035102480, 1.0, 16.6, 853, 3.9",
        "8192, 1183035102480, 2.5, 6.6, 540, 2.5",
        "8192, 2e12, 1.0, 28, 1109, 5.1",
        "8192, 2e12, 2.5, 11.2, 702, 3.2",
        "16384, 2e12, 2.5, 11.2, 496, 4.5",
        "16384, 2e12, 10, 2.8, 248, 2.3",
        "160000, 2e12, 10, 2.8, 79, 7.1",
        "160000, 2e12, 40, 0.7, 40, 3.5",
        "160000, 1e13, 10, 14, 177, 15.8",
        "160000, 1e13, 40, 3.5, 89, 7.9",
    })
    void shouldKnowIntervalAndWaste(
            double gpus, double parameters, double tbPerSec, double saveSec, double youngSec, double wastePercent) {
        double mtbf = Failures.meanTimeSec(gpus, Failures.GPU_HOURS);
        double save = Bandwidth.saveSec(Checkpoint.bytes(parameters, Checkpoint.BYTES_PER_PARAMETER), tbPerSec * TB);
        assertEquals(saveSec, save, 0.05);
        assertEquals(youngSec, Interval.youngSec(save, mtbf), 1);
        assertEquals(wastePercent, 100 * Interval.youngWaste(save, mtbf), 0.06); // 5.05 is printed as 5.1
    }

    @ParameterizedTest
    @CsvSource({"5, 0.60, 0.005", "3, 1.67, 0.01", "2, 3.77, 0.005", "1, 15.1, 0.05"})
    void shouldKnowBandwidthOfBlockingSave(double wastePercent, double tbPerSec, double tolerance) {
        double mtbf = Failures.meanTimeSec(8192, Failures.GPU_HOURS);
        double checkpoint = Checkpoint.bytes(1_183_035_102_480.0, 14);
        assertEquals(tbPerSec, Bandwidth.blockingBytesPerSec(checkpoint, wastePercent / 100, mtbf) / TB, tolerance);
        // And back: at that rate, Young's interval wastes just so much.
        double save =
                Bandwidth.saveSec(checkpoint, Bandwidth.blockingBytesPerSec(checkpoint, wastePercent / 100, mtbf));
        assertEquals(wastePercent / 100, Interval.youngWaste(save, mtbf), 1e-9);
    }

    @Test
    void shouldKnowBandwidthOfAsyncSave() {
        assertEquals(28, Bandwidth.asyncBytesPerSec(Checkpoint.bytes(1_183_035_102_480.0, 14), 600) / GB, 0.5);
        double mtbf = Failures.meanTimeSec(160_000, Failures.GPU_HOURS);
        assertEquals(100, Bandwidth.blockingBytesPerSec(140 * TB, 0.05, mtbf) / TB, 1);
        double interval = Interval.youngSec(2, mtbf);
        assertEquals(67, interval, 0.5);
        assertEquals(2.1, Bandwidth.asyncBytesPerSec(140 * TB, interval) / TB, 0.05);
    }

    /** The interval with the best availability is the formula's, for short saves and for long ones. */
    @ParameterizedTest
    @CsvSource({"6.6, 21973, 300", "14, 1125, 60", "300, 1125, 600", "2000, 1125, 0"})
    void shouldHaveBestAvailabilityAtOptimalInterval(double save, double mtbf, double restore) {
        double best = Interval.optimalSec(save, mtbf, restore);
        double availability = Interval.availability(best, save, mtbf, restore);
        for (double factor : new double[] {0.5, 0.9, 0.99, 1.01, 1.1, 2}) {
            assertTrue(
                    best * factor <= save || Interval.availability(best * factor, save, mtbf, restore) < availability);
        }
        assertEquals(1 - availability, Interval.optimalWaste(save, mtbf, restore), 1e-12);
    }

    @Test
    void shouldAgreeWithYoungWhereSavesAreShortAndNotWhereTheyAreLong() {
        double mtbf = 21_973;
        assertEquals(
                Interval.youngSec(6.6, mtbf), Interval.optimalSec(6.6, mtbf, 0), 0.015 * Interval.youngSec(6.6, mtbf));
        assertEquals(Interval.youngWaste(6.6, mtbf), Interval.optimalWaste(6.6, mtbf, 0), 0.001);
        // 160K and 10T at 2 TB/s: Young says 35% where more than 29% cannot be lost.
        assertTrue(Interval.youngWaste(70, 1125) > 0.35);
        assertTrue(Interval.optimalWaste(70, 1125, 0) < 0.30);
        assertEquals(300.0 / 21_973, Interval.restoreWaste(300, 21_973));
    }

    @Test
    void shouldKnowWhatSuperPodAsks() {
        assertEquals(0.246, SuperPod.BEST.writeBytesPerSec(1) / GB, 0.0005);
        assertEquals(0.49, SuperPod.BEST.readBytesPerSec(1) / GB, 0.005);
        assertEquals(0.079, SuperPod.BETTER.writeBytesPerSec(1) / GB, 0.0005);
        assertEquals(0.157, SuperPod.BETTER.readBytesPerSec(1) / GB, 0.001);
        assertEquals(1.0, SuperPod.BEST.writeBytesPerSec(4096) / TB, 0.05);
        assertEquals(2.0, SuperPod.BEST.readBytesPerSec(4096) / TB, 0.05);
        assertEquals(2.0, SuperPod.BEST.writeBytesPerSec(8192) / TB, 0.05);
        assertEquals(4.0, SuperPod.BEST.readBytesPerSec(8192) / TB, 0.05);
        assertEquals(39, SuperPod.BEST.writeBytesPerSec(160_000) / TB, 0.5);
        assertEquals(79, SuperPod.BEST.readBytesPerSec(160_000) / TB, 0.5);
        assertEquals(30 * GB, SuperPod.GOOD.writeBytesPerSec(1016), 1);
    }

    @Test
    void shouldCountServersByBandwidth() {
        // Rates that were measured after protection, so without the overhead.
        assertEquals(103, Servers.byBandwidth(2.5 * TB, 1, 24.4 * GB));
        assertEquals(139, Servers.byBandwidth(2.5 * TB, 1, 18.1 * GB)); // 138.1
        assertEquals(125, Servers.byBandwidth(2.5 * TB, 1.25, 25 * GB)); // exactly: no server for rounding
    }

    @Test
    void shouldCountServersByCapacity() {
        double node = 16 * 14.0 * (1L << 40);
        assertEquals(246, node / TB, 0.5);
        assertEquals(560.0, (double) Servers.byCapacity(110_000 * TB, 1.25, 1, node), 2);
        assertEquals(1340.0, (double) Servers.byCapacity(110_000 * TB, 3, 1, node), 2);
        assertEquals(700.0, (double) Servers.byCapacity(110_000 * TB, 1.25, 0.8, node), 2);
        assertEquals(1680.0, (double) Servers.byCapacity(110_000 * TB, 3, 0.8, node), 5);
        assertEquals(4.5, 2.5 * TB / 560 / GB, 0.05);
        assertEquals(5.6, 2.5 * TB * 1.25 / 560 / GB, 0.05);
    }

    @Test
    void shouldSumCapacity() {
        assertEquals(16.56 * 100 * 2 + 5 + 3, Servers.capacityBytes(16.56, 100, 2, 5, 3), 1e-9);
    }

    @Test
    void shouldKnowRestoreClientAndGeo() {
        assertEquals(6.6, Bandwidth.restoreSec(16.56 * TB, 1, 2.5 * TB), 0.05);
        assertEquals(53, Bandwidth.restoreSec(16.56 * TB, 8, 2.5 * TB), 0.05);
        assertEquals(2.44, Bandwidth.perHostBytesPerSec(2.5 * TB, 1024) / GB, 0.005);
        assertEquals(0.305, Bandwidth.perHostBytesPerSec(2.5 * TB, 8192) / GB, 0.0005);
        assertEquals(4.6, Bandwidth.geoBytesPerSec(16.56 * TB, 3600) / GB, 0.05);
        assertEquals(37, Bandwidth.geoBytesPerSec(16.56 * TB, 3600) * 8 / GB, 0.5);
        assertEquals(0.001, Bandwidth.roundTripSec(100), 1e-12);
        assertEquals(20.8, 2.5 * TB / 120 / GB, 0.05);
        assertEquals(1.16, 2.5 * TB / 2160 / GB, 0.005);
    }
}
