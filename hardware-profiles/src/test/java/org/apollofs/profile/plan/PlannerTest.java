package org.apollofs.profile.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apollofs.profile.GoalProfile;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.ProfileException;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.SiteProfile;
import org.apollofs.profile.topology.Server;
import org.apollofs.profile.topology.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PlannerTest {
    private static final double TB = 1e12;
    private static final double PB = 1e15;

    static Stream<String> profiles() {
        return Stream.concat(ProfileLoader.BUILT_IN.stream(), SiteProfile.BUILT_IN.stream());
    }

    private static SitePlan plan(String... options) {
        PlanInput input = new PlanInput();
        for (int i = 0; i < options.length; i += 2) {
            input.set(options[i], options[i + 1]);
        }
        return Planner.plan(input.request(), input.assumptions());
    }

    /** 8,192 GPUs and a model of 1.2T: about 2.5 TB/s, 100 to 120 PB, about 120 racks, in the trays. */
    @Test
    void shouldReproduceTheDesign() {
        SitePlan plan = plan("--gpus", "8192");
        assertEquals(2.45 * TB, plan.writeBytesPerSec(), 0.01 * TB);
        assertEquals(100.7 * PB, plan.trays().driveBytes() / 1.25, 0.2 * PB);
        assertEquals(114, plan.trays().racks());
        assertEquals(120, plan.trays().siteRacks());
        assertEquals(2048, plan.trays().servers());
        assertEquals("", plan.trays().shortOf());
        assertEquals(511, plan.ownRacks().servers());
        assertEquals("capacity", plan.ownRacks().limit());
        assertEquals(2, plan.ownRacks().survives());
    }

    /** The page's own case: 110 PB, before free space is kept, on nodes of 246 TB is about 560 servers; with it 700. */
    @Test
    void shouldLetCapacitySetTheServers() {
        SitePlan plan = plan("--gpus", "8192", "--rate", "2.5TB", "--capacity", "110PB");
        assertEquals(700.0, (double) plan.ownRacks().byCapacity(), 2);
        assertEquals(131, plan.ownRacks().byBandwidth());
        assertEquals(2.5 * TB, plan.writeBytesPerSec());
        assertEquals("given", plan.rateFrom());
        assertTrue(plan.trays().shortOf().contains("capacity"), plan.trays().shortOf());
    }

    @Test
    void shouldShowThatOnlyAsyncSavesServe160K() {
        SitePlan plan = plan("--gpus", "160000", "--model", "10T", "--waste", "5%");
        assertEquals(100 * TB, plan.writeBytesPerSec(), 1 * TB);
        assertEquals(2.1 * TB, plan.asyncBytesPerSec(), 0.05 * TB);
        assertEquals(18.75 * 60, plan.mtbfSec());
    }

    @Test
    void shouldTakeRateByGpu() {
        assertEquals(
                8192 * 0.305e9, plan("--gpus", "8192", "--per-gpu", "305MB").writeBytesPerSec(), 1);
        assertEquals(
                4096 * 0.305e9, plan("--per-gpu", "305MB", "--gpus", "4096").writeBytesPerSec(), 1);
    }

    @Test
    void shouldCountCheckpointsKept() {
        SitePlan plan = plan("--gpus", "4096", "--model", "405B", "--keep", "1000", "--jobs", "2");
        assertEquals(405e9 * 14 * 1000 * 2 + 405e9 * 2, plan.capacityBytes(), 1);
    }

    @Test
    void shouldSurviveAsManyRacksAsThereAreParityChunks() {
        assertEquals(
                1,
                plan("--gpus", "512", "--racks", "12", "--sites", "2", "--layout", "4+1")
                        .ownRacks()
                        .survives());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--gpus|-1|command line: --gpus: expected an integer from 1 to 10000000, found -1",
                "--gpus|1.5|command line: --gpus: expected an integer from 1 to 10000000, found 1.5",
                "--gpus|NaN|command line: --gpus: expected an integer from 1 to 10000000, found NaN",
                "--model|0|command line: --model: expected a count above 0, such as 405B or 1.2T, found \"0\"",
                "--waste|0%|command line: --waste: expected a number from 0.1 to 50, found 0",
                "--layout|40+2|command line: --layout: expected k+m with k from 1 to 16 and m from 0 to 4, such as"
                        + " 4+2, found \"40+2\"",
                "--racks|6|command line: --layout: expected a layout of at most 6 chunks, the racks of a site, found"
                        + " 8+2",
                "--rate|fast|command line: --rate: expected a size in bytes, such as 65536, 64KiB, 1m, 4GiB (binary)"
                        + " or 3.84TB (decimal), found \"fast\"",
                "--jobs|9000|command line: --jobs: expected at most one a GPU (8192), found 9000",
            })
    void shouldSayWhatIsWrong(String option, String value, String message) {
        ProfileException failure = assertThrows(ProfileException.class, () -> plan("--gpus", "8192", option, value));
        assertEquals(message, failure.getMessage());
    }

    @Test
    void shouldWantGpus() {
        ProfileException failure = assertThrows(ProfileException.class, () -> plan("--model", "1T"));
        assertTrue(failure.getMessage().contains("--gpus: expected an integer"), failure.getMessage());
    }

    @Test
    void shouldTakeMeasuredNumbers(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("bench.json");
        Files.writeString(
                file,
                "{\"chunk1024KiB\": {\"store\": {\"writeGbPerSecond\": 1.25, \"readGbPerSecond\": 2}},"
                        + " \"assumptions\": {\"restart_sec\": 60}}");
        PlanInput input = new PlanInput().set("--gpus", "8192");
        assertEquals(3, Calibration.apply(file, 16, input.assumptions()));
        assertEquals(20e9, input.assumptions().value(Assumption.Key.SERVER_WRITE));
        assertEquals(60, input.assumptions().value(Assumption.Key.RESTART_SEC));
        SitePlan plan = Planner.plan(input.request(), input.assumptions());
        assertEquals(153.0, (double) plan.ownRacks().byBandwidth(), 1);
        assertEquals(
                2,
                plan.assumptions().all().stream()
                        .filter(one -> one.basis() == Assumption.Basis.MEASURED
                                && one.source().endsWith("bench.json"))
                        .filter(one ->
                                one.key() == Assumption.Key.SERVER_WRITE || one.key() == Assumption.Key.SERVER_READ)
                        .count());

        for (String wrong :
                List.of("{}", "{", "{\"assumptions\": {\"speed\": 1}}", "{\"assumptions\": {\"stall_sec\": -1}}")) {
            Files.writeString(file, wrong);
            ProfileException failure = assertThrows(
                    ProfileException.class, () -> Calibration.apply(file, 16, Assumptions.defaults()), wrong);
            assertTrue(failure.getMessage().startsWith(file + ":1: "), failure.getMessage());
            assertEquals(1, failure.getMessage().lines().count());
        }
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void shouldAcceptEachProfileThatShips(String name) {
        Assumptions assumptions = Assumptions.defaults();
        List<Rule> rules = ProfileLoader.isSite(name)
                ? Verification.of(SiteProfile.load(name), assumptions)
                : Verification.of(ProfileLoader.load(name), assumptions);
        assertTrue(rules.size() >= 3, rules.toString());
        for (Rule rule : rules) {
            assertTrue(rule.holds(), rule.name() + ": " + rule.describe());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "writeBytesPerSec: 2.5TB | writeBytesPerSec: 20TB | write rate that was promised | short by 6.89 TB/s",
                "capacity: 80PB | capacity: 90PB | capacity that users may fill | short by 9.47 PB",
                "savePercent: 2.5 | savePercent: 1 | write rate for blocking saves | short by 2.18 TB/s",
                "powerFeeds: 6 | powerFeeds: 3 | chunks of a stripe on one power feed of one | over by 2",
                "fillPercent: 80 | fillPercent: 95 | fill when a failure domain is lost and rebuilt | over by 0.84 %",
            })
    void shouldSayWhatIsShortAndByHowMuch(String present, String replacement, String rule, String off)
            throws IOException {
        String text;
        try (var stream = SiteProfile.class.getResourceAsStream("site-8k.yaml")) {
            text = new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("domain: rack", "fillPercent: 80\n  domain: rack");
        }
        assertTrue(text.contains(present), present);
        SiteProfile site = SiteProfile.parse("site.yaml", text.replace(present, replacement));
        List<Rule> broken = Verification.of(site, Assumptions.defaults()).stream()
                .filter(each -> !each.holds())
                .toList();
        Rule found = broken.stream()
                .filter(each -> each.name().equals(rule))
                .findFirst()
                .orElseThrow();
        assertTrue(found.describe().endsWith(off), found.describe());
    }

    @Test
    void shouldExpandSite() {
        Topology topology = Topology.of(SiteProfile.load("site-8k"));
        List<Server> servers = topology.machines(MachineProfile.Role.SERVER);
        assertEquals(2048, servers.size());
        assertEquals("tray-0-0", servers.getFirst().address());
        assertEquals("tray-113-13", servers.getLast().address());
        assertEquals(4 * 2047, servers.getLast().firstTarget());
        assertEquals(113 % 6, servers.getLast().powerFeed());
        assertEquals(114, topology.domains(GoalProfile.Domain.RACK).size());
        assertEquals(6, topology.domains(GoalProfile.Domain.POWER).size());
        assertEquals(
                2048,
                topology.machines().stream()
                        .map(Server::address)
                        .filter(a -> a.startsWith("tray"))
                        .distinct()
                        .count());
    }

    @Test
    void shouldMakePageThatLoadsNothing() {
        String page = PlanPage.of(plan("--gpus", "8192"));
        assertEquals(3, page.split("<svg ").length - 1);
        String plain = page.replace("http://www.w3.org/2000/svg", "");
        assertFalse(plain.contains("http"), "loads something");
        assertFalse(plain.contains("src=") || plain.contains("@import") || plain.contains("url("));
        assertTrue(page.contains("prefers-color-scheme: dark"));
        assertFalse(page.contains("NaN") || page.contains("Infinity"));
    }

    @Test
    void shouldPutTicksWherePeopleLook() {
        assertEquals(List.of(1.0, 2.0, 5.0, 10.0, 20.0), SvgPlot.ticks(new double[] {0.9, 21}));
        assertEquals(List.of(10.0, 100.0, 1000.0), SvgPlot.ticks(new double[] {3, 3000}));
    }

    @ParameterizedTest
    @CsvSource({
        "1.25e12, BYTES, 1.25 TB",
        "999.6e9, RATE, 1 TB/s",
        "0.008, SECONDS, 8 ms",
        "21973, SECONDS, 6.1 h",
        "2.5, PERCENT, 2.5 %",
        "0, BYTES, 0 B"
    })
    void shouldShowFigures(double value, Unit unit, String shown) {
        assertEquals(shown, unit.format(value));
    }
}
