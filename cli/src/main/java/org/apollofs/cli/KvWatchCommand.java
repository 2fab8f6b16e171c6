package org.apollofs.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.client.KeyEvent;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.KeyWatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints changes of keys as they come. */
@Command(
        name = "watch",
        description = {
            "Print the changes of a key as they come, until Ctrl-C: sequence, what happened, key, value now.",
            "The value is read after the change, so it may be newer: 'version' says which it is."
        })
final class KvWatchCommand implements Callable<Integer> {
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(200);

    @Mixin
    private KvCommand.Common common;

    @Parameters(index = "0", paramLabel = "KEY", description = "Path in the mount.")
    private String key;

    @Option(names = "--prefix", description = "Watch all keys that begin with KEY.")
    private boolean prefix;

    @Option(
            names = "--from",
            paramLabel = "N",
            description = "Sequence to begin at, such as a version that was read plus 1 (default: now).")
    private Long from;

    @Option(names = "--count", paramLabel = "N", description = "End after so many changes.")
    private long count = Long.MAX_VALUE;

    @Override
    public Integer call() {
        StopSignal stop = StopSignal.install();
        try (NamespaceConnection connection = common.connect()) {
            long start = from != null ? from : connection.changeLog().range().last() + 1;
            KeyWatch watch = connection.keyValue().watch(key, prefix, start);
            List<KeyEvent> events = new ArrayList<>();
            FollowerPatience patience = new FollowerPatience(common.err());
            long left = count;
            while (!stop.isRequested() && left > 0) {
                events.clear();
                if (!patience.tryTo(() -> watch.poll(events::add, WAIT_NS))) {
                    continue;
                }
                for (int i = 0; i < events.size() && left > 0; i++, left--) {
                    KeyEvent event = events.get(i);
                    boolean isPrinted = false;
                    while (!isPrinted && !stop.isRequested()) {
                        // The value is read once the namespace answers.
                        isPrinted = patience.tryTo(() -> print(connection.keyValue(), event));
                    }
                }
                if (!events.isEmpty() && common.out().checkError()) {
                    break;
                }
            }
        }
        return ExitCode.OK.code();
    }

    private void print(KeyValue keys, KeyEvent event) {
        Optional<KeyValue.Value> value =
                event.kind() == KeyEvent.Kind.CHANGED ? ValueReader.read(keys, event.key()) : Optional.empty();
        String kind = event.kind().name().toLowerCase(Locale.ROOT);
        if (common.json()) {
            ObjectNode json =
                    common.result(event.key()).put("sequence", event.sequence()).put("event", kind);
            value.ifPresent(now -> KvValues.put(json.put("version", now.version()), now.value()));
            common.out().println(json);
        } else {
            common.out()
                    .println(event.sequence() + " " + kind + " " + event.key()
                            + value.map(now -> " " + KvValues.line(now.value())).orElse(""));
        }
    }

    /** Reads what may be a directory or a link by now. */
    private static final class ValueReader {
        private ValueReader() {}

        static Optional<KeyValue.Value> read(KeyValue keys, String key) {
            try {
                return keys.get(key);
            } catch (org.apollofs.namespace.client.NamespaceException e) {
                return switch (e.error()) {
                    case IS_DIRECTORY, INVALID -> Optional.empty();
                    default -> throw e;
                };
            }
        }
    }
}
