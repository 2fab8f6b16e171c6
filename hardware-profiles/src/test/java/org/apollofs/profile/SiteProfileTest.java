package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class SiteProfileTest {
    private static final String SITE = ProfileLoader.resource("site-8k.yaml");

    static Stream<String> machines() {
        return ProfileLoader.BUILT_IN.stream();
    }

    static Stream<String> sites() {
        return SiteProfile.BUILT_IN.stream();
    }

    @ParameterizedTest
    @MethodSource("machines")
    void shouldLoadEachMachineThatShips(String name) {
        HardwareProfile profile = ProfileLoader.load(name);
        assertEquals(name, profile.profile());
        assertEquals(profile, ProfileLoader.parse(profile.source(), ProfileWriter.toYaml(profile)));
    }

    @ParameterizedTest
    @MethodSource("sites")
    void shouldLoadEachSiteThatShips(String name) {
        assertEquals(name, SiteProfile.load(name).profile());
        assertTrue(ProfileLoader.isSite(name));
    }

    @Test
    void shouldCompose() {
        SiteProfile site = SiteProfile.load("site-8k");
        assertEquals(2048, site.count(MachineProfile.Role.SERVER));
        assertEquals(5, site.count(MachineProfile.Role.MEMBER));
        assertEquals(114, site.places().getFirst().groups().getFirst().racks());
        assertEquals(1.2e12, site.goals().parameters());
        assertEquals(GoalProfile.Domain.RACK, site.goals().domain());
    }

    @Test
    void shouldNotTakeSiteForMachine() {
        ProfileException failure = assertThrows(ProfileException.class, () -> ProfileLoader.load("site-8k"));
        assertTrue(failure.getMessage().startsWith("site-8k.yaml:"), failure.getMessage());
        assertTrue(failure.getMessage().contains("expected the profile of one machine"), failure.getMessage());
    }

    @Test
    void shouldNotTakePartForWholeSite() {
        HardwareProfile host = ProfileLoader.load("gpu-host-8xH100");
        ProfileException failure = assertThrows(ProfileException.class, host::requireWholeSite);
        assertTrue(failure.getMessage().contains("machine.role: expected embedded"), failure.getMessage());
        assertEquals("laptop", ProfileLoader.load("laptop").requireWholeSite().profile());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gpus: 8192 | gpus: -1 | site-8k.yaml:8: goals.gpus: expected an integer from 1 to 10000000, found -1",
                "gpus: 8192 | gpus: 9000 | site-8k.yaml:8: goals.gpus: expected at most 8192, those of the groups,"
                        + " found 9000",
                "parameters: 1.2T | parameters: many | goals.parameters: expected a count of parameters, such as 405B"
                        + " or 1.2T, found \"many\"",
                "domain: rack | domain: power | sites[0].groups: expected targets in at least 10 failure domains"
                        + " (power) for a layout of 8+2, found 6",
                "count: 2048 | count: 3000 | sites[0].groups[0].count: expected at most 2160 machines in 120 racks"
                        + " from rack 0, found 3000",
                "'{dataChunks: 8, parityChunks: 2' | '{dataChunks: 4, parityChunks: 2' | sites[0].groups[0].profile:"
                        + " expected a machine with the site's layout (4+2 of 1MiB), found 8+2 of 1MiB",
                "count: 5 | count: 4 | sites: expected 1, 3, 5 or 7 namespace members, found 4",
                "profile: gpu-tray-gb200 | profile: laptop | sites[0].groups[0].profile: expected a machine with the"
                        + " site's layout",
                "profile: gpu-tray-gb200 | profile: tray | site-8k.yaml:21: sites[0].groups[0].profile: expected the"
                        + " profile of a machine: tray: no such file",
                "rackWatts: 140000 | rackWatts: 1000 | sites[0].rackWatts: expected at least 1440 W for what stands in"
                        + " rack 0, found 1000",
                "'tray-{rack}-{slot}' | tray | sites[0].groups[0].address: expected {index}, or {rack} and {slot}",
                "'namespace-{index}' | 'tray-{rack}-{slot}' | nothing",
                "racks: 120 | rack: 120 | sites[0].rack: unknown key, expected \"racks\" perhaps",
            })
    void shouldSayFileLineKeyAndWhatWasExpected(String present, String replacement, String message) {
        assertTrue(SITE.contains(present), present);
        String text = SITE.replace(present, replacement);
        if (message.equals("nothing")) {
            assertEquals("site-8k", SiteProfile.parse("site-8k.yaml", text).profile());
            return;
        }
        ProfileException failure = assertThrows(ProfileException.class, () -> SiteProfile.parse("site-8k.yaml", text));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count());
    }

    @Test
    void shouldFindMachinesBesideTheSite(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("tray.yaml"), "profile: tray\nextends: gpu-tray-gb200\nmachine: {watts: 90}\n");
        Path site = folder.resolve("site.yaml");
        Files.writeString(site, SITE.replace("profile: gpu-tray-gb200", "profile: tray.yaml"));
        SiteProfile loaded = SiteProfile.load(site.toString());
        assertEquals(90, loaded.groups().getFirst().machine().machine().watts());
        assertEquals(
                List.of("tray", "namespace-member"),
                loaded.groups().stream().map(group -> group.machine().profile()).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "storage-node-16nvme | memory: 256GiB | memory: 2GiB | machine.memory: expected more than",
                "storage-node-16nvme | media: udp | media: ipc | lanes.media: expected udp for a server",
                "storage-node-16nvme | nicGbitPerSec: 400 | nicGbitPerSec: 100 | machine.writeBytesPerSec: expected at"
                        + " most what its network carries (12500000000 bytes/s), found 24000000000",
                "gpu-host-8xH100 | role: host | role: server | targets: expected at least 1 target of a server, found"
                        + " 0",
                "gpu-host-8xH100 | role: host | role: embedded | targets: expected at least 10 targets for a layout of"
                        + " 8+2, found 0",
            })
    void shouldRefuseMachineThatContradictsItself(String name, String present, String replacement, String message) {
        String text = ProfileLoader.resource(name + ".yaml");
        assertTrue(text.contains(present), present);
        ProfileException failure = assertThrows(
                ProfileException.class, () -> ProfileLoader.parse(name, text.replace(present, replacement)));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "405B, 4.05e11, 405B",
        "1.2T, 1.2e12, 1.2T",
        "8192, 8192, 8.192K",
        "7b, 7e9, 7B",
        "1183035102480, 1183035102480, 1.183T"
    })
    void shouldReadCounts(String text, double count, String shown) {
        assertEquals(count, Count.parse(text));
        assertEquals(shown, Count.format(count));
    }
}
