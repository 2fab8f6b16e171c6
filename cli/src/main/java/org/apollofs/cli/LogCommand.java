package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeFollower;
import org.apollofs.namespace.client.ChangeLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the change log. */
@Command(
        name = "log",
        description = {
            "Print the change log of the namespace: every committed change, in one order, an entry a line.",
            "A named consumer goes on where it ended; its offset moves after each page that was printed."
        })
final class LogCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long SECOND_NS = 1_000_000_000L;

    @Spec
    private CommandSpec spec;

    @Mixin
    private NamespaceOptions namespace;

    @Option(
            names = "--from",
            paramLabel = "N",
            description = "First sequence (default: the consumer's offset, or the first one retained).")
    private Long from;

    @Option(names = "--prefix", defaultValue = "", paramLabel = "P", description = "Only paths that begin so.")
    private String prefix;

    @Option(names = "--follow", description = "Go on with what is added, until Ctrl-C.")
    private boolean follow;

    @Option(names = "--consumer", paramLabel = "NAME", description = "Keep the offset in the namespace under a name.")
    private String consumer;

    @Option(names = "--count", paramLabel = "N", description = "End after so many entries.")
    private long count = Long.MAX_VALUE;

    @Option(names = "--consumers", description = "Print the named consumers and their offsets instead.")
    private boolean consumers;

    @Option(
            names = "--retain-bytes",
            paramLabel = "N",
            description = "Set instead how many bytes of entries are retained; 0: 256 MiB.")
    private Long retainBytes;

    @Option(
            names = "--retain-hours",
            paramLabel = "N",
            description = "Set instead how many hours entries are retained; 0: 7 days.")
    private Long retainHours;

    @Option(names = "--json", description = "Print an object of JSON a line.")
    private boolean json;

    @Override
    public Integer call() {
        StopSignal stop = StopSignal.install();
        try (NamespaceConnection connection = namespace.connect()) {
            ChangeLog log = connection.changeLog();
            if (retainBytes != null || retainHours != null) {
                log.setRetention(
                        retainBytes == null ? 0 : retainBytes,
                        TimeUnit.HOURS.toNanos(retainHours == null ? 0 : retainHours));
            } else if (consumers) {
                log.consumers().forEach(this::printConsumer);
            } else {
                print(log, stop);
            }
        }
        return ExitCode.OK.code();
    }

    private void printConsumer(String name, long offset) {
        spec.commandLine()
                .getOut()
                .println(
                        json
                                ? JSON.createObjectNode().put("consumer", name).put("offset", offset)
                                : name + "\t" + offset);
    }

    private void print(ChangeLog log, StopSignal stop) {
        PrintWriter out = spec.commandLine().getOut();
        long offset = consumer == null ? 0 : log.consumerOffset(consumer);
        long start = from != null ? from : offset != 0 ? offset : log.range().first();
        ChangeFollower follower = log.follow(start, prefix);
        long[] left = {count};
        long[] next = {start};
        boolean goesOn = true;
        FollowerPatience patience =
                follow ? new FollowerPatience(spec.commandLine().getErr()) : FollowerPatience.none();
        while (goesOn && !stop.isRequested()) {
            long[] looked = {0};
            boolean isAnswered = patience.tryTo(() -> looked[0] =
                    follower.poll(change -> print(change.toChange(), out, left, next), follow ? WAIT_NS : 0));
            if (!isAnswered) {
                continue;
            }
            boolean isPrinted = !out.checkError();
            goesOn = isPrinted && left[0] > 0 && (follow || looked[0] > 0);
            long reached = left[0] > 0 ? follower.next() : next[0];
            if (consumer != null && isPrinted && reached != offset) {
                move(log, offset, reached);
                offset = reached;
            }
        }
    }

    private void print(Change change, PrintWriter out, long[] left, long[] next) {
        if (left[0] > 0) {
            left[0]--;
            next[0] = change.sequence() + 1;
            out.println(json ? json(change).toString() : line(change));
        }
    }

    private void move(ChangeLog log, long expected, long next) {
        if (!log.moveConsumer(consumer, expected, next)) {
            throw new CommandFailure(
                    ExitCode.CONFLICT,
                    "the consumer was moved by another: consumer=" + consumer + ", expected=" + expected + ", offset="
                            + log.consumerOffset(consumer),
                    "run one process for each name");
        }
    }

    private static ObjectNode json(Change change) {
        ObjectNode json = JSON.createObjectNode()
                .put("sequence", change.sequence())
                .put("timeNs", change.timeNs())
                .put("operation", operation(change))
                .put("path", change.path());
        if (!change.otherPath().isEmpty()) {
            json.put("otherPath", change.otherPath());
        }
        return json.put("inode", change.inode())
                .put("parent", change.parent())
                .put("size", change.size())
                .put("transaction", change.transaction())
                .put("session", change.session());
    }

    private static String line(Change change) {
        Instant time = Instant.ofEpochSecond(change.timeNs() / SECOND_NS, change.timeNs() % SECOND_NS);
        String other = change.otherPath().isEmpty() ? "" : " from " + change.otherPath();
        String transaction = change.isLastOfTransaction() ? "" : " transaction=" + change.transaction();
        return change.sequence() + " " + time + " " + operation(change) + " "
                + (change.path().isEmpty() ? "inode:" + change.inode() : change.path()) + other + " size="
                + change.size() + transaction;
    }

    private static String operation(Change change) {
        return change.operation().name().toLowerCase(Locale.ROOT);
    }
}
