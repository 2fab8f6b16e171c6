package org.apollofs.cli.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.check.CheckResult;
import org.apollofs.profile.check.Checks;
import org.apollofs.profile.check.Finding.Verdict;
import org.apollofs.profile.check.Subject;
import org.apollofs.profile.probe.LiveMachine;
import org.apollofs.profile.probe.MachineSource;
import org.apollofs.profile.probe.Measurements;
import org.apollofs.profile.probe.RecordedMachine;
import org.apollofs.profile.probe.RecordingMachine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What may be wrong with this machine. */
@Command(
        name = "check",
        description =
                "Check this machine: what is off, why it matters, and the mend. Reads only. What cannot be checked says"
                        + " so, and is never called well.")
public final class CheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--role",
            paramLabel = "R",
            description = "embedded, host, server or member (default: the profile's).")
    private MachineProfile.Role role;

    @Option(
            names = "--profile",
            defaultValue = "embedded",
            paramLabel = "P",
            description = "Profile that it shall run with (default: ${DEFAULT-VALUE}).")
    private String profile;

    @Option(names = "--recorded", paramLabel = "FILE", description = "Check a machine that was recorded, not this one.")
    private Path recorded;

    @Option(names = "--record", paramLabel = "FILE", description = "Write down what was read.")
    private Path record;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        HardwareProfile chosen = ProfileLoader.load(profile);
        MachineSource machine =
                recorded == null ? new LiveMachine() : RecordedMachine.parse(Files.readString(recorded));
        RecordingMachine source = new RecordingMachine(machine);
        List<CheckResult> results = Checks.examine(
                new Subject(source, chosen, Measurements.none()),
                role == null ? chosen.machine().role() : role);
        if (record != null) {
            Files.writeString(record, source.recording());
        }
        Output output = new Output(spec.commandLine().getOut());
        if (json) {
            output.json(results);
        } else {
            print(output, results);
        }
        return count(results, Verdict.BAD) == 0 ? 0 : Output.SHORT;
    }

    private static void print(Output output, List<CheckResult> results) {
        List<List<String>> rows = new ArrayList<>();
        for (CheckResult result : results) {
            String verdict = switch (result.verdict()) {
                case OK -> "ok";
                case WARN -> "warn";
                case BAD -> "BAD";
                case CANNOT -> "not checked";
            };
            rows.add(
                    List.of(String.format(Locale.ROOT, "%2d", result.id()), verdict, result.name(), result.measured()));
            if (!result.expected().isEmpty()) {
                rows.add(List.of("", "", "", "  expected " + result.expected() + ": " + result.reason()));
                rows.add(List.of("", "", "", "  mend: " + result.advice()));
            }
        }
        output.table(rows);
        output.say(results.size() + " checks: " + count(results, Verdict.OK) + " ok, " + count(results, Verdict.WARN)
                + " warn, " + count(results, Verdict.BAD) + " bad, " + count(results, Verdict.CANNOT) + " not checked");
    }

    private static long count(List<CheckResult> results, Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }
}
