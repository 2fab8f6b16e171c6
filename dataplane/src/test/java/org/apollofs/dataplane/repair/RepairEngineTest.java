package org.apollofs.dataplane.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Repair of a site on one thread: what was lost comes back, bit by bit, and nothing else is written. */
@Timeout(120)
class RepairEngineTest {
    @TempDir
    private Path directory;

    private static void writeSome(RepairSite site, int count) {
        for (int i = 0; i < count; i++) {
            long inode = site.write(5000 + site.random.nextInt(9 * RepairSite.CHUNK));
            if (i % 3 == 0) {
                site.overwrite(inode, 100, 4700);
            }
        }
        site.until(() -> site.garbage.status().waiting() == 0);
    }

    @ParameterizedTest
    @CsvSource({"1+1, 2, 1", "1+2, 3, 2", "2+1, 3, 3", "4+2, 6, 4", "8+2, 10, 5", "4+2, 9, 6", "3+1, 4, 7"})
    void shouldFillATargetThatComesBackEmpty(String layout, int targets, long seed) {
        try (RepairSite site = new RepairSite(directory, layout, targets, seed)) {
            writeSome(site, 9);
            var before = site.everything();
            for (int lost = 0; lost < Math.min(3, targets); lost++) {
                site.targets[lost].chunks.clear();
                site.startRepair();
                site.untilState(JobState.DONE);
                site.assertSame(before);
                assertEquals(0, site.repair.status().redundancy().stripesAtRisk());
                site.killRepair();
            }
        }
    }

    @Test
    void shouldTakeOnlyWhatItMissed() {
        try (RepairSite site = new RepairSite(directory, "4+2", 6, 11)) {
            writeSome(site, 6);
            site.startRepair();
            site.untilState(JobState.DONE);
            var before = site.everything();
            site.network.isolate(2, true);
            site.untilState(JobState.PAUSED);
            RepairStatus away = site.repair.status();
            assertTrue(away.redundancy().stripesAtRisk() > 0, away.toString());
            assertTrue(away.redundancy().risks().getFirst().describe().endsWith("1 of 2 parity left"), away.toString());
            assertTrue(away.reason().contains("[2]"), away.reason());
            List<ChunkAddress> names = new ArrayList<>(site.targets[2].chunks.keySet());
            Set<ChunkAddress> gone = new HashSet<>(names.subList(0, 3));
            gone.forEach(site.targets[2].chunks::remove);
            site.targets[2].written.clear();
            site.network.isolate(2, false);
            site.untilState(JobState.DONE);
            site.assertSame(before);
            assertEquals(gone, new HashSet<>(site.targets[2].written));
            assertEquals(3, site.targets[2].written.size());
        }
    }

    @Test
    void shouldRepairFirstWhatCanLoseLeast() {
        try (RepairSite site = new RepairSite(directory, "4+2", 6, 12, context -> context.stripesAtOnce(1))) {
            writeSome(site, 8);
            var before = site.everything();
            site.targets[1].chunks.clear();
            Set<StripeName> worse = new HashSet<>();
            for (ChunkAddress address : List.copyOf(site.targets[4].chunks.keySet())) {
                if (address.stripe() % 2 == 1) {
                    site.targets[4].chunks.remove(address);
                    worse.add(new StripeName(address.session(), address.stripe()));
                }
            }
            site.targets[1].written.clear();
            site.startRepair();
            site.untilState(JobState.DONE);
            site.assertSame(before);
            boolean seenBetter = false;
            for (ChunkAddress address : site.targets[1].written) {
                boolean isWorse = worse.contains(new StripeName(address.session(), address.stripe()));
                assertFalse(isWorse && seenBetter, "order: " + site.targets[1].written);
                seenBetter |= !isWorse;
            }
        }
    }

    @Test
    void shouldWriteBackWhatAReaderHadToCompute() {
        try (RepairSite site = new RepairSite(directory, "4+2", 6, 13)) {
            writeSome(site, 5);
            var before = site.everything();
            site.startRepair();
            site.untilState(JobState.DONE);
            int damaged = 0;
            for (ChunkAddress address : List.copyOf(site.targets[3].chunks.keySet())) {
                if (address.index() < 4) {
                    site.targets[3].damage(address);
                    damaged++;
                }
            }
            assertTrue(damaged > 0);
            site.readAll();
            assertTrue(site.client.suspectChunks().reported() > 0);
            site.until(() -> site.repair.status().targets().get(3).written() > 0);
            site.untilState(JobState.DONE);
            // What no file refers to any more nobody reads: the scrub finds it.
            site.readAll();
            for (ChunkAddress written : site.targets[3].written) {
                assertTrue(before.get(3).get(written).isSame(site.targets[3].chunks.get(written)), written.toString());
            }
            assertTrue(site.repair.status().targets().get(3).damaged() > 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"2+1, 3, 14", "4+2, 6, 15", "1+2, 3, 16"})
    void shouldFindDamageByScrub(String layout, int targets, long seed) {
        try (RepairSite site =
                new RepairSite(directory, layout, targets, seed, context -> context.scrubPeriodMs(2000))) {
            writeSome(site, 6);
            var before = site.everything();
            Random random = new Random(seed);
            Set<StripeName> hit = new HashSet<>();
            for (TargetDouble target : site.targets) {
                for (ChunkAddress address : List.copyOf(target.chunks.keySet())) {
                    if (random.nextInt(3) == 0 && hit.add(new StripeName(address.session(), address.stripe()))) {
                        target.damage(address);
                    }
                }
            }
            site.startRepair();
            site.until(() -> site.repair.status().scrub() != null
                    && site.repair.status().scrub().lastEndedMs() > 0);
            site.untilState(JobState.DONE);
            site.assertSame(before);
            long found = site.repair.status().targets().values().stream()
                    .mapToLong(RepairStatus.TargetFindings::damaged)
                    .sum();
            assertTrue(found >= hit.size(), "found=" + found + ", hit=" + hit.size());
        }
    }

    @Test
    void shouldStopWithoutSpaceAndGoOnWithIt() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 17)) {
            writeSome(site, 6);
            var before = site.everything();
            long used = site.targets[0].usedBytes();
            site.targets[0].chunks.clear();
            site.targets[0].capacity = used / 2;
            site.startRepair();
            site.untilState(JobState.PAUSED);
            RepairStatus stopped = site.repair.status();
            assertTrue(
                    stopped.reason().contains("target 0") && stopped.reason().contains("NO_SPACE"), stopped.reason());
            assertTrue(stopped.redundancy().stripesAtRisk() > 0);
            assertTrue(stopped.counts().chunksWritten() > 0);
            site.targets[0].capacity = Long.MAX_VALUE;
            site.untilState(JobState.DONE);
            site.assertSame(before);
            assertEquals(0, site.repair.status().redundancy().stripesAtRisk());
        }
    }

    @Test
    void shouldSayWhatCannotBeReadAndBringItBackWithATarget() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 18)) {
            writeSome(site, 6);
            var before = site.everything();
            site.targets[0].chunks.clear();
            site.network.isolate(1, true);
            site.startRepair();
            site.untilState(JobState.PAUSED);
            Redundancy.Risk worst = site.repair.status().redundancy().risks().getFirst();
            assertEquals(-1, worst.spare(), worst.describe());
            assertRight(before, site.targets[0]);
            assertTrue(site.targets[0].chunks.size() < before.get(0).size());
            site.network.isolate(1, false);
            site.untilState(JobState.DONE);
            site.assertSame(before);
        }
    }

    @Test
    void shouldFailWhereTooFewAreLeft() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 19)) {
            writeSome(site, 3);
            var before = site.everything();
            site.targets[0].chunks.clear();
            site.targets[2].chunks.clear();
            site.startRepair();
            site.untilState(JobState.FAILED);
            assertRight(before, site.targets[0]);
            assertRight(before, site.targets[2]);
            assertTrue(site.repair.status().redundancy().risks().getFirst().spare() < 0);
        }
    }

    /** Stripes with a single data chunk and parity can be repaired: what was written is what was there. */
    private static void assertRight(Map<Integer, Map<ChunkAddress, TargetDouble.Stored>> before, TargetDouble target) {
        target.chunks.forEach((address, chunk) ->
                assertTrue(chunk.isSame(before.get(target.id).get(address)), "target=" + target.id + ", " + address));
    }

    /** A chunk that is whole in itself and of another time: with parity to spare it is found, without nothing is touched. */
    @ParameterizedTest
    @CsvSource({"4+2, 6, true", "2+1, 3, false"})
    void shouldNotTakeAStaleChunkForTheRightOne(String layout, int targets, boolean isFound) {
        try (RepairSite site = new RepairSite(directory, layout, targets, 20, context -> context.scrubPeriodMs(2000))) {
            writeSome(site, 4);
            var before = site.everything();
            ChunkAddress stale = site.targets[1].chunks.keySet().iterator().next();
            byte[] other = site.targets[1].chunks.get(stale).payload().clone();
            other[7]++;
            site.targets[1].exchange(stale, other);
            site.startRepair();
            site.untilState(isFound ? JobState.DONE : JobState.FAILED);
            if (isFound) {
                site.until(() -> site.repair.status().scrub().lastEndedMs() > 0);
                site.untilState(JobState.DONE);
                site.assertSame(before);
            } else {
                assertTrue(site.targets[1].chunks.get(stale).payload()[7] == other[7]);
                assertEquals(
                        1,
                        site.repair.status().hopeless().size(),
                        site.repair.status().toString());
                assertEquals(0, site.repair.status().counts().chunksWritten());
            }
        }
    }

    @Test
    void shouldWriteNothingWhileAStaleChunkIsAmongTheOnlyOnesLeft() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 21)) {
            site.write(5 * RepairSite.CHUNK + 77);
            ChunkAddress short0 = null;
            for (ChunkAddress address : site.targets[0].chunks.keySet()) {
                short0 = short0 == null || address.index() < 2 ? address : short0;
            }
            // A data chunk of another length than parity says, and another one of the stripe lost.
            site.targets[0].exchange(short0, new byte[1000]);
            long stripe = short0.stripe();
            int before = site.targets[1].chunks.size();
            site.targets[1].chunks.keySet().removeIf(address -> address.stripe() == stripe);
            assertTrue(site.targets[1].chunks.size() < before);
            site.startRepair();
            site.untilState(JobState.FAILED);
            assertTrue(site.targets[1].chunks.keySet().stream().noneMatch(address -> address.stripe() == stripe));
        }
    }

    @Test
    void shouldSurveyInPartsAndRounds() {
        try (RepairSite site = new RepairSite(
                directory, "2+1", 3, 22, context -> context.surveyStripes(10).queueCapacity(5))) {
            for (int i = 0; i < 30; i++) {
                site.write(2 * RepairSite.CHUNK + 5);
            }
            var before = site.everything();
            site.targets[1].chunks.clear();
            site.startRepair();
            site.untilState(JobState.DONE);
            site.assertSame(before);
            assertTrue(site.repair.status().redundancy().stripes() >= 30);
        }
    }

    @Test
    void shouldPauseAndResume() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 23)) {
            writeSome(site, 5);
            var before = site.everything();
            site.targets[1].chunks.clear();
            site.startRepair();
            site.repair.pause();
            for (int i = 0; i < 3000; i++) {
                site.step();
            }
            assertEquals(JobState.PAUSED, site.repair.status().state());
            assertEquals(0, site.targets[1].chunks.size());
            site.repair.resume();
            site.untilState(JobState.DONE);
            site.assertSame(before);
        }
    }

    /** Killed after any number of steps, the next process finds what is left to do. */
    @ParameterizedTest
    @CsvSource({"2+1, 3, 24", "4+2, 6, 25"})
    void shouldComeThroughAKillAtEachStep(String layout, int targets, long seed) {
        try (RepairSite site = new RepairSite(directory, layout, targets, seed)) {
            writeSome(site, 5);
            var before = site.everything();
            for (int steps = 90; steps < 400; steps += 13) {
                site.targets[steps % targets].chunks.clear();
                site.startRepair();
                for (int i = 0; i < steps; i++) {
                    site.step();
                }
                site.killRepair();
                site.startRepair();
                site.untilState(JobState.DONE);
                site.assertSame(before);
                site.killRepair();
            }
        }
    }

    @Test
    void shouldRepairWhatADeviceRefusesToRead() {
        try (RepairSite site = new RepairSite(directory, "4+2", 6, 26)) {
            writeSome(site, 4);
            site.startRepair();
            site.untilState(JobState.DONE);
            site.targets[2].failReads = ErrorCode.IO_ERROR;
            site.readAll();
            site.until(() -> site.repair.status().targets().get(2).written() > 0);
            site.targets[2].failReads = null;
            site.untilState(JobState.DONE);
            assertTrue(site.repair.status().targets().get(2).damaged() > 0);
            site.readAll();
        }
    }

    /** Files come, change and go, targets flap, and lose chunks, all the while. */
    @ParameterizedTest
    @CsvSource({"2+1, 3, 31", "4+2, 6, 32", "4+2, 8, 33", "1+1, 2, 34"})
    void shouldLeaveNothingMissingAndNothingOver(String layout, int targets, long seed) {
        try (RepairSite site = new RepairSite(
                directory,
                layout,
                targets,
                seed,
                context -> context.scrubPeriodMs(3000).queueCapacity(6))) {
            writeSome(site, 4);
            site.startRepair();
            Random random = new Random(seed);
            Flapping flapping = new Flapping(site, random);
            site.onStep = flapping;
            for (int i = 0; i < Integer.getInteger("apollo.rounds", 1) * 60; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> site.write(5000 + random.nextInt(7 * RepairSite.CHUNK));
                    case 1 -> {
                        if (site.files.size() > 2) {
                            site.delete(anyFile(site, random));
                        }
                    }
                    case 2 -> {
                        long inode = anyFile(site, random);
                        int length = 1 + random.nextInt(site.files.get(inode).length);
                        site.overwrite(inode, random.nextInt(site.files.get(inode).length - length + 1), length);
                    }
                    default -> site.readAll();
                }
                flapping.mayLose = site.repair.status().state() == JobState.DONE;
                for (int steps = random.nextInt(40); steps > 0; steps--) {
                    site.step();
                }
            }
            site.onStep = () -> {};
            flapping.calm();
            settle(site, seed);
        }
    }

    private static void settle(RepairSite site, long seed) {
        site.until(() -> site.garbage.status().waiting() == 0);
        site.untilState(JobState.DONE);
        site.readAll();
        site.until(() -> site.garbage.status().waiting() == 0);
        site.untilState(JobState.DONE);
        Set<StripeName> live = site.liveStripes();
        for (TargetDouble target : site.targets) {
            for (ChunkAddress address : target.chunks.keySet()) {
                assertTrue(
                        live.contains(new StripeName(address.session(), address.stripe())),
                        "left over: seed=" + seed + ", target=" + target.id + ", " + address);
            }
        }
        // Any m targets may go now.
        Random random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            Set<Integer> gone = new HashSet<>();
            while (gone.size() < site.layout.parityChunks()) {
                gone.add(random.nextInt(site.targets.length));
            }
            gone.forEach(target -> site.network.isolate(target, true));
            site.readAll();
            gone.forEach(target -> site.network.isolate(target, false));
            site.until(() -> site.client.targets().areConnected());
        }
    }

    private static long anyFile(RepairSite site, Random random) {
        List<Long> inodes = List.copyOf(site.files.keySet());
        return inodes.get(random.nextInt(inodes.size()));
    }

    /** Takes one target away at a time, and lets it lose chunks where the others have all. */
    private static final class Flapping implements Runnable {
        private final RepairSite site;
        private final Random random;
        private final Map<StripeName, Lost> lost = new HashMap<>();
        private int away = -1;
        private boolean mayLose;

        private record Lost(TargetDouble target, ChunkAddress address) {}

        Flapping(RepairSite site, Random random) {
            this.site = site;
            this.random = random;
        }

        @Override
        public void run() {
            if (random.nextInt(400) == 0) {
                if (away >= 0) {
                    calm();
                } else {
                    away = random.nextInt(site.targets.length);
                    site.network.isolate(away, true);
                }
            } else if (random.nextInt(150) == 0) {
                site.network.disconnect(random.nextInt(site.targets.length));
            } else if (mayLose && away < 0 && random.nextInt(300) == 0) {
                mayLose = false;
                loseSome(site.targets[random.nextInt(site.targets.length)]);
            }
        }

        private void loseSome(TargetDouble target) {
            Set<StripeName> live = site.liveStripes();
            Map<ChunkAddress, TargetDouble.Stored> chunks = target.chunks;
            for (ChunkAddress address : List.copyOf(chunks.keySet())) {
                StripeName name = new StripeName(address.session(), address.stripe());
                if (live.contains(name) && isMended(name)) {
                    lost.put(name, new Lost(target, address));
                    switch (random.nextInt(3)) {
                        case 0 -> chunks.remove(address);
                        case 1 -> target.damage(address);
                        default -> {}
                    }
                }
            }
        }

        /** What a stripe lost last is there again: it does not lose more than one chunk at a time. */
        private boolean isMended(StripeName name) {
            Lost before = lost.get(name);
            return before == null || before.target.isRight(before.address);
        }

        void calm() {
            if (away >= 0) {
                site.network.isolate(away, false);
                away = -1;
            }
        }
    }
}
