package org.apollofs.namespace.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntBiFunction;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangePage;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.ResultDecoder;

/** A log of commands as bytes, applied to a state as it is written, and to others again. */
final class CommandLog {
    static final long LEASE_NS = 10_000_000_000L;

    private final NamespaceState state;
    private final List<Entry> entries = new ArrayList<>();
    /** Result of each entry; null for what is no command. */
    private final List<UnsafeBuffer> answers = new ArrayList<>();

    private final CommandEncoder encoder = new CommandEncoder();
    private final ExpandableDirectByteBuffer buffer = new ExpandableDirectByteBuffer(1024);
    private long position;
    private long timeNs = 1_000_000_000_000L;
    private long nextNonce = 1;

    /** One command; or, where it is null, a notice of the space there is; or, where that is null too, the passing of time. */
    record Entry(long position, long timeNs, byte[] command, Boolean isSpaceLow) {
        /** Adds it to a state. */
        void addTo(NamespaceState to, long tag) {
            if (command != null) {
                to.add(position, timeNs, tag, new UnsafeBuffer(command), 0, command.length);
            } else if (isSpaceLow != null) {
                to.addSpace(position, timeNs, isSpaceLow);
            } else {
                to.addTick(position, timeNs);
            }
        }
    }

    CommandLog(NamespaceState state) {
        this.state = state;
    }

    /** A page of the change log of a state. */
    static ChangePage changes(NamespaceState of, long from, int limit) {
        List<Change> changes = new ArrayList<>();
        ChangeLog.Reached reached =
                of.reads().changes(from, new byte[0], limit, false, change -> changes.add(change.toChange()));
        return new ChangePage(changes, reached.next(), reached.last());
    }

    List<Entry> entries() {
        return entries;
    }

    void advance(long ns) {
        timeNs += ns;
    }

    ResultDecoder results() {
        return encoder.results();
    }

    long openSession() {
        long nonce = nextNonce++;
        return results().done(apply(0, 0, 0, (e, to) -> e.openSession(to, nonce, LEASE_NS)));
    }

    /** Writes a command and applies it. @return its result. */
    UnsafeBuffer apply(
            long session, long id, long ackedBelow, ToIntBiFunction<CommandEncoder, MutableDirectBuffer> encode) {
        int length = encode.applyAsInt(encoder, buffer);
        CommandHead.stamp(buffer, 0, session, id, ackedBelow);
        byte[] command = new byte[length];
        buffer.getBytes(0, command);
        return apply(command);
    }

    UnsafeBuffer apply(byte[] command) {
        position += 64;
        timeNs += 1000;
        entries.add(new Entry(position, timeNs, command, null));
        List<UnsafeBuffer> found = new ArrayList<>();
        entries.getLast().addTo(state, 7);
        state.commit((tag, results, offset, length) -> found.add(copy(results, offset, length)));
        answers.add(found.getFirst());
        return found.getFirst();
    }

    private static UnsafeBuffer copy(org.agrona.DirectBuffer from, int offset, int length) {
        byte[] bytes = new byte[length];
        from.getBytes(offset, bytes);
        return new UnsafeBuffer(bytes);
    }

    void tick() {
        add(null);
    }

    void space(boolean isLow) {
        add(isLow);
    }

    private void add(Boolean isSpaceLow) {
        position += 64;
        entries.add(new Entry(position, timeNs, null, isSpaceLow));
        answers.add(null);
        entries.getLast().addTo(state, 0);
        state.commit((tag, results, offset, length) -> {});
    }

    /**
     * Applies the whole log to another state, with answers and commits where the random numbers say, and compares the results:
     * each must come once, in order, and be what it was.
     */
    void replay(NamespaceState other, Random random) {
        List<Long> answered = new ArrayList<>();
        NamespaceState.ResultConsumer compare = (tag, results, offset, length) -> {
            answered.add(tag);
            assertEquals(answers.get((int) tag), copy(results, offset, length), () -> "result of entry " + tag);
        };
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            entry.addTo(other, i);
            if (entry.command() != null) {
                expected.add((long) i);
            }
            switch (random.nextInt(20)) {
                case 0 -> other.commit(compare);
                case 1, 2, 3 -> other.apply(compare);
                default -> {
                    // More comes first.
                }
            }
        }
        other.commit(compare);
        assertEquals(expected, answered);
    }

    /** The error that a result is, or null if it is none. */
    NamespaceError error(UnsafeBuffer result) {
        try {
            results().done(result);
            return null;
        } catch (NamespaceException e) {
            return e.error();
        } catch (IllegalStateException e) {
            // A result of another kind: it worked.
            return null;
        }
    }
}
