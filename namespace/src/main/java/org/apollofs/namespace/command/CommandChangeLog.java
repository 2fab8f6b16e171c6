package org.apollofs.namespace.command;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;

/** The change log over a {@link CommandChannel} and {@link NamespaceReads}. Thread-safe. */
final class CommandChangeLog implements ChangeLog {
    private final CommandChannel channel;
    private final NamespaceReads reads;

    CommandChangeLog(CommandChannel channel, NamespaceReads reads) {
        this.channel = channel;
        this.reads = reads;
    }

    @Override
    public Range range() {
        return reads.changeRange();
    }

    @Override
    public Reached visit(long from, String prefix, int limit, boolean mayBeStale, ChangeView.Handler handler) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one entry: limit=" + limit);
        }
        return reads.changes(from, bytes(prefix), limit, mayBeStale, handler);
    }

    @Override
    public void setRetention(long bytes, long ageNs) {
        CommandEncoder encoder = new CommandEncoder();
        try (CommandChannel.Call call = channel.begin()) {
            encoder.results().done(call.execute(encoder.setRetention(call.command(), bytes, ageNs)));
        }
    }

    @Override
    public long consumerOffset(String name) {
        return reads.consumerOffset(bytes(name));
    }

    @Override
    public Map<String, Long> consumers() {
        return reads.consumers();
    }

    @Override
    public boolean moveConsumer(String name, long expected, long next) {
        CommandEncoder encoder = new CommandEncoder();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.moveConsumer(call.command(), bytes(name), expected, next);
            return encoder.results().done(call.execute(length)) != 0;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
