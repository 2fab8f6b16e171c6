package org.apollofs.profile.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MachineProfile.Role;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.check.Finding.Verdict;
import org.apollofs.profile.probe.Machine;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.Measurements;
import org.apollofs.profile.probe.RecordedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each check on a machine that is well, and on that machine with one thing changed. Machines are written by hand. */
final class ChecksTest {
    private static final RecordedMachine GOOD = RecordedMachine.parse(resource("good.tree"));

    /** The server of the recording: two drives, two ports, and the members of a namespace as peers. */
    private static final HardwareProfile PROFILE = ProfileLoader.parse("server.yaml", """
        profile: server
        extends: storage-node-16nvme
        machine: {nics: 2}
        targets:
          - {id: 0, path: /dev/disk/by-id/nvme-drive-00, size: 15TB, failureDomain: drive-00}
          - {id: 1, path: /dev/disk/by-id/nvme-drive-01, size: 15TB, failureDomain: drive-01}
        namespace:
          members:
            - {id: 0, host: namespace-0, port: 20100}
            - {id: 1, host: namespace-1, port: 20100}
            - {id: 2, host: namespace-2, port: 20100}
            - {id: 3, host: namespace-3, port: 20100}
            - {id: 4, host: namespace-4, port: 20100}
        threads: {targetThreads: 2}
        """);

    record BadCase(int id, String title, String overlay) {
        @Override
        public String toString() {
            return id + " " + title;
        }
    }

    static Stream<BadCase> badCases() {
        List<BadCase> cases = new ArrayList<>();
        for (String part : resource("bad.tree").split("(?m)^#### ")) {
            if (!part.isBlank()) {
                String[] head = part.lines().findFirst().orElseThrow().split(" ", 2);
                cases.add(new BadCase(Integer.parseInt(head[0]), head[1], part.substring(part.indexOf('\n') + 1)));
            }
        }
        return cases.stream();
    }

    static Stream<Check> checks() {
        return Checks.ALL.stream();
    }

    @Test
    void shouldHave48WithANumberEach() {
        assertEquals(
                IntStream.rangeClosed(1, 48).boxed().toList(),
                Checks.ALL.stream().map(Check::id).toList());
        Set<Integer> bad = new TreeSet<>(badCases().map(BadCase::id).toList());
        assertEquals(48, bad.size(), "a bad case for each: " + bad);
    }

    @ParameterizedTest
    @MethodSource("checks")
    void shouldFindGoodMachineWell(Check check) {
        CheckResult result = check.examine(new Subject(GOOD, PROFILE, measured("")));
        assertEquals(Verdict.OK, result.verdict(), result.toString());
        assertFalse(result.measured().isBlank());
    }

    @ParameterizedTest
    @MethodSource("badCases")
    void shouldFindWhatIsWrong(BadCase bad) {
        Check check = Checks.ALL.get(bad.id() - 1);
        CheckResult result = check.examine(new Subject(GOOD.with(bad.overlay()), PROFILE, measured(bad.overlay())));
        assertTrue(
                result.verdict() == (check.error() ? Verdict.BAD : Verdict.WARN) || result.verdict() == Verdict.BAD,
                result.toString());
        assertFalse(result.expected().isBlank(), result.toString());
        assertFalse(result.advice().isBlank());
        assertFalse(result.reason().isBlank());
    }

    /** One thing wrong is one check's affair, but for those that share a fact. */
    @ParameterizedTest
    @MethodSource("badCases")
    void shouldNotCallMuchElseWrong(BadCase bad) {
        Subject subject = new Subject(GOOD.with(bad.overlay()), PROFILE, measured(bad.overlay()));
        List<Integer> off = Checks.examine(subject, Role.EMBEDDED).stream()
                .filter(result -> result.verdict() == Verdict.BAD || result.verdict() == Verdict.WARN)
                .map(CheckResult::id)
                .toList();
        assertTrue(off.contains(bad.id()) && off.size() <= 3, bad + ": " + off);
    }

    @Test
    void shouldNeverSayWellOfWhatItCannotSee() {
        Subject blind = new Subject(RecordedMachine.parse(""), PROFILE, Measurements.none());
        for (CheckResult result : Checks.examine(blind, Role.EMBEDDED)) {
            if (result.id() != 47) { // that one is about the profile
                assertNotEquals(Verdict.OK, result.verdict(), result.toString());
            }
        }
    }

    @Test
    void shouldNotSayWellInContainerWithoutRights() {
        RecordedMachine container = RecordedMachine.parse("""
            == /.dockerenv
            == /proc/1/cgroup
            0::/
            == /proc/self/status
            CapEff:	00000000a80425fb
            Seccomp:	2
            == /proc/sys/kernel/osrelease
            6.8.0-45-generic
            == /proc/sys/kernel/io_uring_disabled
            0
            == /dev/null
            """);
        Subject subject = new Subject(container, PROFILE, Measurements.none());
        assertEquals(Verdict.CANNOT, Checks.ALL.get(4).examine(subject).verdict());
        assertEquals(Verdict.BAD, Checks.ALL.get(2).examine(subject).verdict());
        assertEquals(Verdict.WARN, Checks.ALL.get(44).examine(subject).verdict());
        assertEquals(Verdict.CANNOT, Checks.ALL.get(27).examine(subject).verdict());
    }

    @Test
    void shouldChooseByRole() {
        Subject subject = new Subject(GOOD, PROFILE, Measurements.none());
        List<Integer> member = Checks.examine(subject, Role.MEMBER).stream()
                .map(CheckResult::id)
                .toList();
        assertTrue(
                member.contains(39) && member.contains(48) && !member.contains(6) && !member.contains(30),
                member.toString());
        List<Integer> host =
                Checks.examine(subject, Role.HOST).stream().map(CheckResult::id).toList();
        assertTrue(host.contains(3) && host.contains(30) && !host.contains(39) && !host.contains(12), host.toString());
        assertEquals(48, Checks.examine(subject, Role.EMBEDDED).size());
    }

    @Test
    void shouldReadMachine() {
        Machine machine = new MachineReader(GOOD).read();
        assertEquals(8, machine.cores());
        assertEquals(List.of("L1 48K", "L2 2048K", "L3 61440K"), machine.caches());
        assertEquals(2, machine.nodes().size());
        assertEquals(2, machine.nics().size());
        assertEquals("mlx5_core", machine.nics().getFirst().driver());
        assertEquals(3, machine.drives().size());
        assertEquals(
                "/dev/disk/by-id/nvme-drive-00", machine.drives().getFirst().identity());
        assertEquals(15_362_991_415_296L, machine.drives().getFirst().sizeBytes());
        assertEquals("mounted on /", machine.drives().get(2).inUse());
        assertEquals("allowed", machine.ioUring());
        assertEquals("none", machine.container());
        assertEquals("/lib/x86_64-linux-gnu/libisal.so.2", machine.isal());
        assertEquals(1, machine.fileSystems().size());
        assertTrue(machine.isa().contains("avx512f"));
    }

    private static Measurements measured(String overlay) {
        return new Measurements() {
            @Override
            public OptionalDouble measure(Quantity quantity, String subject) {
                return switch (quantity) {
                    case SYNC_MEDIAN ->
                        OptionalDouble.of(
                                overlay.contains("slow-drive") && subject.equals("nvme1n1") ? 0.0012 : 0.0002);
                    case SYNC_P99 -> OptionalDouble.of(overlay.contains("slow-log") ? 0.009 : 0.0004);
                    case UDP_DROPS -> OptionalDouble.of(overlay.contains("== drops") ? 1234 : 0);
                    default -> OptionalDouble.empty();
                };
            }

            @Override
            public Optional<String> codec() {
                return Optional.of("ISA-L");
            }
        };
    }

    private static String resource(String name) {
        try (InputStream stream = ChecksTest.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }
}
