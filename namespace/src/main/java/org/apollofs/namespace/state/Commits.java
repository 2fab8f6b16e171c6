package org.apollofs.namespace.state;

import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * Which transactions readers must see. Results of commands are handed out before the transaction that holds them is
 * committed; a reader that may know of one waits for that commit, and asks the apply thread for it.
 *
 * <p>Transactions are numbered from 1. The apply thread calls {@link #onAnswering} and {@link #onCommitted}, any thread the
 * others.
 */
final class Commits {
    /** Transactions after which reads are no longer expected. */
    private static final int LATELY = 16;

    private static final int YIELDS = 100;
    private static final long MIN_PARK_NS = 10_000;
    private static final long MAX_PARK_NS = 100_000;

    /** Last transaction of which results were handed out. */
    private volatile long answered;

    private volatile long committed;
    /** A transaction that a reader waits for. One waiter may hide another's, who says it again. */
    private volatile long wanted;
    /** The transaction that the last read must see. */
    private volatile long readLast;

    /** Results of the transaction that is open are about to be handed out. */
    void onAnswering() {
        if (answered == committed) {
            answered = committed + 1;
        }
    }

    void onCommitted() {
        committed = answered;
    }

    /** Whether a reader waits. */
    boolean isWanted() {
        return wanted > committed;
    }

    /** Whether a read began some transactions ago at most: others will, and should find nothing to wait for. */
    boolean isReadLately() {
        return readLast + LATELY >= committed;
    }

    /** The transaction that a read which begins now must see. */
    long onRead() {
        long needed = answered;
        if (readLast != needed) {
            readLast = needed;
        }
        return needed;
    }

    /** The last transaction that a snapshot taken from now on holds. */
    long committed() {
        return committed;
    }

    /** Asks for the commit of a transaction. */
    void askFor(long transaction) {
        wanted = transaction;
    }

    /**
     * A read begins: waits until what was answered when it is called is committed, or there will be no more. Not for the apply
     * thread.
     */
    void await(BooleanSupplier isOver) {
        long needed = onRead();
        if (committed >= needed) {
            return;
        }
        IdleStrategy idle = new BackoffIdleStrategy(0, YIELDS, MIN_PARK_NS, MAX_PARK_NS);
        while (committed < needed && !isOver.getAsBoolean()) {
            askFor(needed);
            idle.idle();
        }
    }
}
