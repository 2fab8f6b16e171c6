package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.profile.plan.PlanInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands probe, profile, check and plan, on the machine that runs the tests. */
@Timeout(120)
final class ProfileCommandsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plan --gpus -5 | apollo: command line: --gpus: expected an integer from 1 to 10000000, found -5: ",
                "plan --gpus 8192 --racks 6 | apollo: command line: --layout: expected a layout of at most 6 chunks",
                "plan --profile none --verify | apollo: none: no such file",
                "plan --profile embedded | apollo: command line: --verify: expected --profile and --verify together",
                "plan --gpus 8 --calibrate /nowhere | apollo: /nowhere: cannot be read",
                "profile explain lanes.mtux | apollo: command line: lanes.mtux: unknown key, expected \"lanes.mtu\""
                        + " perhaps",
                "check --profile site-8k | apollo: site-8k.yaml:",
                "up --dir /nowhere/a --mount /nowhere/b --profile gpu-host-8xH100 | apollo: gpu-host-8xH100.yaml:"
                        + " machine.role: expected embedded",
                "bench store --profile gpu-host-8xH100 | apollo: gpu-host-8xH100.yaml: targets: expected at least 1"
                        + " target",
            })
    void shouldAnswerWrongInputWithOneLineAndExitCode3(String command, String message) {
        CliRun run = CliRun.of(command.split(" "));
        assertTrue(run.err().startsWith(message), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertEquals(ExitCode.PROFILE.code(), run.exitCode());
    }

    @Test
    void shouldOfferEachOptionOfPlan() {
        String help = CliRun.of("plan", "--help").out();
        PlanInput.options().forEach(option -> assertTrue(help.contains(option + "="), option));
    }

    @Test
    void shouldPlan(@TempDir Path folder) throws IOException {
        Path page = folder.resolve("plan.html");
        CliRun run =
                CliRun.of("plan", "--gpus", "8192", "--json", "--html", page.toString(), "--svg", folder.toString());
        assertEquals(0, run.exitCode(), run.err());
        JsonNode plan = new ObjectMapper().readTree(run.out());
        assertEquals(120, plan.path("trays").path("siteRacks").asInt());
        assertTrue(Files.readString(page).startsWith("<!DOCTYPE html>"));
        assertTrue(Files.readString(folder.resolve("plan-8192-waste.svg")).startsWith("<svg "));
        assertTrue(CliRun.of("plan", "--gpus", "8192").out().contains("racks of the site"));
    }

    @Test
    void shouldVerify(@TempDir Path folder) throws IOException {
        CliRun well = CliRun.of("plan", "--profile", "site-8k", "--verify");
        assertEquals(0, well.exitCode(), well.out());
        Path file = folder.resolve("site.yaml");
        Files.writeString(file, "profile: mine\nextends: site-8k\ngoals: {capacity: 200PB}\n");
        CliRun lacking = CliRun.of("plan", "--profile", file.toString(), "--verify");
        assertEquals(ExitCode.SHORT.code(), lacking.exitCode(), lacking.out());
        assertTrue(lacking.out().contains("SHORT"), lacking.out());
    }

    @Test
    void shouldShowExplainAndCompare() {
        assertTrue(CliRun.of("profile", "show", "laptop").out().contains("workers: 4"));
        assertTrue(CliRun.of("profile", "show", "site-8k").out().contains("gpu-tray-gb200"));
        assertTrue(CliRun.of("profile", "explain", "targets[2].size").out().contains("16 chunks"));
        assertTrue(CliRun.of("profile", "explain").out().contains("engine.commit.delayUs"));
        String diff = CliRun.of("profile", "diff", "embedded", "laptop").out();
        assertTrue(diff.contains("mount.workers") && !diff.contains("lanes.mtu"), diff);
        assertTrue(CliRun.of("profile", "list").out().contains("sites-3-geo"));
        assertTrue(CliRun.of("profile", "schema", "--site").out().contains("Apollo site profile"));
    }

    @Test
    void shouldProbeAndCheckThisMachineAndItsRecording(@TempDir Path folder) throws IOException {
        CliRun probe = CliRun.of("probe", "--json");
        assertEquals(0, probe.exitCode(), probe.err());
        JsonNode machine = new ObjectMapper().readTree(probe.out());
        assertEquals(
                Runtime.getRuntime().availableProcessors() > 0,
                machine.path("cores").asInt() > 0);
        assertTrue(machine.path("memoryBytes").asLong() > 0);

        Path recording = folder.resolve("machine.tree");
        CliRun check = CliRun.of("check", "--json", "--record", recording.toString());
        JsonNode results = new ObjectMapper().readTree(check.out());
        assertEquals(48, results.size());
        boolean bad = false;
        for (JsonNode result : results) {
            bad |= result.path("verdict").asText().equals("BAD");
            assertTrue(!result.path("measured").asText().isBlank(), result.toString());
        }
        assertEquals(bad ? ExitCode.SHORT.code() : 0, check.exitCode());
        CliRun again = CliRun.of("check", "--json", "--recorded", recording.toString());
        JsonNode recorded = new ObjectMapper().readTree(again.out());
        for (int i = 0; i < results.size(); i++) {
            assertEquals(
                    results.get(i).path("verdict"),
                    recorded.get(i).path("verdict"),
                    recorded.get(i).toString());
        }
    }
}
