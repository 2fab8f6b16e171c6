package org.apollofs.perf.kv;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apollofs.namespace.cluster.AttentiveIdle;

/**
 * A member in a process of its own. It ends when its standard input does: so also when whoever started it was killed.
 *
 * <p>Arguments of {@link #main}: service, folder, driver's folder, member, first ports of all, sync level.
 */
public final class MemberProcess implements AutoCloseable {
    private static final List<String> OWN_FLAGS =
            List.of("-Dapollo.stderr.fd", "-agentlib:", "-agentpath:", "-javaagent:", "-XX:AOT", "-XX:StartFlight");
    /** Property: more JVM flags of members, by spaces; to profile them. */
    private static final String MORE_FLAGS = "apollo.bench.memberFlags";

    private static final long GRACE_SECONDS = 10;

    private final Process process;

    private MemberProcess(Process process) {
        this.process = process;
    }

    /** Entry of the process. */
    public static void main(String[] arguments) throws Exception {
        MemberLaunch launch = new MemberLaunch(
                MemberLaunch.Service.valueOf(arguments[0]),
                Path.of(arguments[1]),
                Path.of(arguments[2]),
                Integer.parseInt(arguments[3]),
                Arrays.stream(arguments[4].split(",", -1)).map(Integer::valueOf).toList(),
                Integer.parseInt(arguments[5]));
        AutoCloseable member = launch.start(new AttentiveIdle(launch.ports().size()));
        while (System.in.read() >= 0) {
            // Nothing is said on it; its end is what counts.
        }
        member.close();
        System.exit(0);
    }

    /** Starts one. @param log takes its output. */
    static MemberProcess start(MemberLaunch launch, Path log) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (OWN_FLAGS.stream().noneMatch(flag::startsWith)) {
                command.add(flag);
            }
        }
        String more = System.getProperty(MORE_FLAGS, "");
        if (!more.isEmpty()) {
            command.addAll(Arrays.asList(more.split(" ", -1)));
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                MemberProcess.class.getName(),
                launch.service().name(),
                launch.directory().toString(),
                launch.aeronDirectory().toString(),
                Integer.toString(launch.memberId()),
                launch.ports().stream().map(String::valueOf).collect(Collectors.joining(",")),
                Integer.toString(launch.syncLevel())));
        return new MemberProcess(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    /** Its process id. */
    long pid() {
        return process.pid();
    }

    /** Processor time that it has taken so far, s; 0 if the system does not say. */
    double cpuSeconds() {
        return process.info()
                .totalCpuDuration()
                .map(time -> time.toNanos() / 1e9)
                .orElse(0.0);
    }

    /** Ends it in order, or kills it. */
    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
