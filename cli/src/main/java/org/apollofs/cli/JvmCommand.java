package org.apollofs.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line that starts another apollo like this one: same Java, same flags, same classes. Any thread. */
final class JvmCommand {
    /** Flags that belong to this process alone: its descriptors, agents, caches made for other flags. */
    private static final List<String> OWN_FLAGS =
            List.of("-Dapollo.stderr.fd", "-agentlib:", "-agentpath:", "-javaagent:", "-XX:AOTCache", "-XX:AOTMode");

    private JvmCommand() {}

    /** @param arguments of the apollo command, subcommand first. */
    static List<String> apollo(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (OWN_FLAGS.stream().noneMatch(flag::startsWith)) {
                command.add(flag);
            }
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(ApolloCommand.class.getName());
        command.addAll(arguments);
        return command;
    }
}
