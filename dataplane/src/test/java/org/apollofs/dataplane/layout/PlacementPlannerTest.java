package org.apollofs.dataplane.layout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementPlannerTest {
    private static final int CHUNK = 1024 * 1024;

    @Test
    void shouldRotateWhenThereIsNoChoice() {
        List<int[]> groups = plan(4, 2, 6, 6);
        assertEquals(6, groups.size());
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, groups.get(0));
        assertArrayEquals(new int[] {5, 0, 1, 2, 3, 4}, groups.get(5));
    }

    @ParameterizedTest
    @CsvSource({"1,0,1,1", "1,0,3,3", "1,1,2,2", "2,1,3,3", "4,2,7,7", "4,2,12,4", "8,2,40,20", "8,2,160,16"})
    void shouldUseEveryTargetEquallyOftenInEveryRole(int k, int m, int targets, int domains) {
        List<int[]> groups = plan(k, m, targets, domains);
        int[] used = new int[targets];
        int[] parity = new int[targets];
        for (int[] group : groups) {
            assertEquals(k + m, Arrays.stream(group).distinct().count());
            for (int i = 0; i < group.length; i++) {
                used[group[i]]++;
                if (i >= k) {
                    parity[group[i]]++;
                }
            }
        }
        int usedSpread = spread(used);
        assertTrue(usedSpread <= 2, () -> "used " + Arrays.toString(used));
        assertTrue(spread(parity) <= 2, () -> "parity " + Arrays.toString(parity));
    }

    @ParameterizedTest
    @CsvSource({"4,2,12,6,1", "8,2,40,20,1", "4,2,12,3,2", "8,2,160,16,1"})
    void shouldKeepTheChunksOfAStripeInDifferentDomains(int k, int m, int targets, int domains, int most) {
        for (int[] group : plan(k, m, targets, domains)) {
            int[] count = new int[domains];
            for (int target : group) {
                count[target % domains]++;
            }
            assertTrue(Arrays.stream(count).max().orElseThrow() <= most, () -> Arrays.toString(group));
        }
    }

    @Test
    void shouldSpreadTheNeighboursOfATarget() {
        boolean[] met = new boolean[40];
        for (int[] group : plan(8, 2, 40, 40)) {
            if (Arrays.stream(group).anyMatch(t -> t == 0)) {
                Arrays.stream(group).forEach(t -> met[t] = true);
            }
        }
        long neighbours = IntStream.range(1, 40).filter(t -> met[t]).count();
        assertTrue(neighbours >= 24, () -> "neighbours of target 0: " + neighbours);
    }

    @Test
    void shouldRefuseTooFewTargetsAndTwins() {
        assertThrows(IllegalArgumentException.class, () -> plan(4, 2, 5, 5));
        StripeLayout layout = new StripeLayout(1, 1, CHUNK);
        assertThrows(
                IllegalArgumentException.class,
                () -> PlacementPlanner.plan(layout, new int[] {1, 1}, new int[] {1, 2}));
    }

    private static List<int[]> plan(int k, int m, int targets, int domains) {
        return PlacementPlanner.plan(
                new StripeLayout(k, m, CHUNK),
                IntStream.range(0, targets).toArray(),
                IntStream.range(0, targets).map(t -> t % domains).toArray());
    }

    private static int spread(int[] counts) {
        return Arrays.stream(counts).max().orElseThrow()
                - Arrays.stream(counts).min().orElseThrow();
    }
}
