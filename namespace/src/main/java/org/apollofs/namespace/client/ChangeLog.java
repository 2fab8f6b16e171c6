package org.apollofs.namespace.client;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Every committed change of the tree, in one order. Entries never change, so whoever has one can keep it; those that are
 * too old, or too many, go. Thread-safe.
 */
public interface ChangeLog {
    /** Sequences in the log. {@code first} is {@code last + 1} if it is empty. */
    record Range(long first, long last) {}

    /**
     * How far entries were read.
     *
     * @param next sequence to read from next: beyond the last entry that was looked at, whether it was asked for or not.
     * @param last sequence of the last change there was; the end was reached if {@code next > last}.
     */
    record Reached(long next, long last) {}

    /** Which entries there are. Linearizable. */
    @CheckReturnValue
    Range range();

    /**
     * Hands out entries where they stand. The handler is run by the calling thread, after the answer is here: it may take as long
     * as it likes, and use the namespace. What it throws ends the call.
     *
     * @param from sequence of the first one wanted; one beyond the last change gives nothing.
     * @param prefix what the path, or other path, must begin with ("" for all). A directory above that was renamed or
     *     exchanged comes along, as it moves what is below.
     * @param limit entries at most; a page is also bounded in bytes, and in entries looked at.
     * @param mayBeStale whether a member may answer at once from what it has: it asks nobody, and makes no writer wait. What
     *     was committed last may be missing, so an empty page does not say that there is nothing; what is there is as ever.
     * @throws NamespaceException EXPIRED if the entry is not retained any more: the message says which is the first.
     */
    @CheckReturnValue
    Reached visit(long from, String prefix, int limit, boolean mayBeStale, ChangeView.Handler handler);

    /** A page of entries, from what was committed last: see {@link #visit}. */
    @CheckReturnValue
    default ChangePage read(long from, String prefix, int limit) {
        List<Change> changes = new ArrayList<>();
        Reached reached = visit(from, prefix, limit, false, change -> changes.add(change.toChange()));
        return new ChangePage(changes, reached.next(), reached.last());
    }

    /** A follower that begins at a sequence; see {@link ChangeFollower}. */
    @CheckReturnValue
    default ChangeFollower follow(long from, String prefix) {
        return new ChangeFollower(this, from, prefix);
    }

    /** A watch of a key, or of all with a prefix; see {@link KeyValue#watch}. */
    @CheckReturnValue
    default KeyWatch watch(String key, boolean isPrefix, long from) {
        return new KeyWatch(this, key.startsWith("/") ? key.substring(1) : key, isPrefix, from);
    }

    /**
     * Sets what is retained, durably: for all members, until it is set again.
     *
     * @param bytes of entries, about; 0 for the default, 256 MiB.
     * @param ageNs of the oldest; 0 for the default, 7 days.
     */
    void setRetention(long bytes, long ageNs);

    /** Offset of a named consumer: the sequence that it wants next; 0 if there is no such consumer. Linearizable. */
    @CheckReturnValue
    long consumerOffset(String name);

    /** All named consumers and their offsets, in order of name. */
    @CheckReturnValue
    Map<String, Long> consumers();

    /**
     * Moves the offset of a named consumer, if it is as expected. That is no change of the tree: it has no entry.
     *
     * @param name 1 to 255 bytes.
     * @param expected offset now; 0: there is no such consumer, and it is made.
     * @param next offset from now on, any (it may go back); 0 forgets the consumer.
     * @return whether it was as expected.
     * @throws NamespaceException INVALID (name), TOO_MANY_CONSUMERS.
     */
    boolean moveConsumer(String name, long expected, long next);
}
