package org.apollofs.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apollofs.cli.profile.CheckCommand;
import org.apollofs.cli.profile.PlanCommand;
import org.apollofs.cli.profile.ProbeCommand;
import org.apollofs.cli.profile.ProfileCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code apollo} command. Subcommands are one class each; what they throw becomes one line on standard error and an
 * {@link ExitCode}.
 */
@Command(
        name = "apollo",
        description = "Checkpoint storage for GPU sites: one file system, one namespace, parity over many targets.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = ApolloCommand.Version.class,
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        usageHelpAutoWidth = true,
        exitCodeOnInvalidInput = 2,
        exitCodeOnExecutionException = 1)
public final class ApolloCommand implements Callable<Integer> {
    /** Classes of subcommands, in the order of the help. Handed to picocli one by one, so that one line adds one. */
    private static final List<Class<?>> SUBCOMMANDS = List.of(
            DemoCommand.class,
            BenchCommand.class,
            UpCommand.class,
            NamespaceCommand.class,
            StatusCommand.class,
            KvCommand.class,
            LogCommand.class,
            TargetCommand.class,
            ProbeCommand.class,
            ProfileCommand.class,
            CheckCommand.class,
            PlanCommand.class,
            JmhCommand.class,
            TestCommand.class,
            WarmUpCommand.class);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show the stack trace of a failure, and log more.")
    private boolean debug;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log what happens to standard error.")
    private boolean verbose;

    /** Process entry. Never returns while non-daemon threads run: exits with the command's code. */
    public static void main(String[] args) {
        StandardError.restore();
        int exitCode;
        try {
            exitCode = execute(args);
        } catch (Error e) {
            System.err.println("apollo: " + e + ": the build is broken or memory is short; run it again with --debug");
            exitCode = ExitCode.INTERNAL.code();
        }
        StopSignal.finished(exitCode);
        System.exit(exitCode);
    }

    /** Runs a command in this process. @return its exit status, see {@link ExitCode}. */
    public static int execute(String... args) {
        return commandLine().execute(args);
    }

    /** The command tree, ready to execute. */
    public static CommandLine commandLine() {
        ApolloCommand root = new ApolloCommand();
        CommandLine commandLine = new CommandLine(root);
        for (Class<?> subcommand : SUBCOMMANDS) {
            commandLine.addSubcommand(subcommand);
        }
        commandLine.getCommandSpec().usageMessage().footer(exitCodeLines());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((failure, arguments) -> root.onUsageError(failure));
        commandLine.setExecutionExceptionHandler((failure, command, parsed) -> root.onFailure(failure, command));
        commandLine.setExecutionStrategy(parsed -> {
            Logging.configure(root.debug, root.verbose);
            return new CommandLine.RunLast().execute(parsed);
        });
        return commandLine;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCode.OK.code();
    }

    private int onUsageError(ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        // Picocli says so itself where options exclude each other.
        String message = failure.getMessage().replaceFirst("^Error: ", "");
        err.println("apollo: " + oneLine(message) + ": see '"
                + command.getCommandSpec().qualifiedName() + " --help'");
        err.flush();
        return ExitCode.USAGE.code();
    }

    private int onFailure(Exception failure, CommandLine command) {
        PrintWriter err = command.getErr();
        CommandFailure known = Failures.explain(failure);
        err.println("apollo: " + oneLine(known.getMessage()));
        if (debug) {
            failure.printStackTrace(err);
        }
        err.flush();
        return known.exitCode().code();
    }

    private static String oneLine(String message) {
        return message == null ? "no message" : message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private static String[] exitCodeLines() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("Exit codes:");
        for (ExitCode code : ExitCode.values()) {
            // '%' would be a format directive to picocli; no meaning holds one.
            lines.add(String.format(Locale.ROOT, "  %3d  %s", code.code(), code.meaning()));
        }
        return lines.toArray(String[]::new);
    }

    /** Version from the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = ApolloCommand.class.getPackage().getImplementationVersion();
            return new String[] {
                "apollo " + (version == null ? "development" : version) + " on Java " + Runtime.version()
            };
        }
    }
}
