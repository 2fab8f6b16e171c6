package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ApolloCommandTest {
    @Test
    void shouldListCommandsWithoutArguments() {
        CliRun run = CliRun.of();
        assertEquals(0, run.exitCode());
        ApolloCommand.commandLine().getSubcommands().forEach((name, command) -> {
            boolean hidden = command.getCommandSpec().usageMessage().hidden();
            assertEquals(!hidden, run.out().contains("  " + name), name + " is not listed:\n" + run.out());
        });
        assertTrue(run.out().contains("Exit codes:"), run.out());
    }

    @Test
    void shouldOfferHelpEverywhere() {
        for (String name : ApolloCommand.commandLine().getSubcommands().keySet()) {
            CliRun run = CliRun.of(name, "--help");
            assertEquals(0, run.exitCode(), name);
            assertTrue(run.out().startsWith("Usage: apollo " + name), name + ":\n" + run.out());
        }
    }

    @Test
    void shouldAnswerUnknownCommandWithOneLine() {
        CliRun run = CliRun.of("mout");
        assertEquals(ExitCode.USAGE.code(), run.exitCode());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("apollo: "), run.err());
        assertTrue(run.err().contains("'apollo --help'"), run.err());
    }

    @Test
    void shouldShowStackTraceOnlyInDebug() {
        CliRun quiet = CliRun.of("test");
        assertEquals(1, quiet.err().lines().count(), quiet.err());
        CliRun debug = CliRun.of("--debug", "test");
        assertTrue(debug.err().contains("at org.apollofs.cli.TestCommand"), debug.err());
    }

    @Test
    void shouldHaveDistinctExitCodes() {
        long distinct = Arrays.stream(ExitCode.values())
                .mapToInt(ExitCode::code)
                .distinct()
                .count();
        assertEquals(ExitCode.values().length, distinct);
    }
}
