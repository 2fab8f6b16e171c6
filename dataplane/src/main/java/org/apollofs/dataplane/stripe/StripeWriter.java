package org.apollofs.dataplane.stripe;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.io.buffer.Slab;

/**
 * Writes the stripes of one file: one is open, a few are on their way.
 *
 * <p>The file's lock guards {@link #hasSlot}, {@link #install}, {@link #place} and {@link #close}; it is never held in
 * the calls that wait or work ({@link #newStripe}, {@link #add}, {@link #seal}, {@link #awaitFinal}). So a chunk takes
 * its place in order and at once, and checksums, parity and sending go on beside other workers.
 */
public final class StripeWriter implements StripeOwner {
    private static final long WAIT_NS = 10_000_000;

    private final StripeContext context;
    private final String description;
    private final Gate gate;
    private final StripeNumbers.Block numbers;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private Stripe open;

    /** @param description of the file, for messages: "inode=7". */
    public StripeWriter(StripeContext context, String description) {
        this.context = context;
        this.description = description;
        this.gate = new Gate(context.waitStrategy());
        this.numbers = context.numbers().new Block();
    }

    /** Whether the next chunk has a place: never in a stripe that was given up. File's lock. */
    public boolean hasSlot() {
        if (open != null && !open.hasSlot()) {
            open = null;
        }
        return open != null;
    }

    /** Whether a stripe is open, and holds slabs. A reading without the lock. */
    public boolean holdsStripe() {
        return open != null;
    }

    /**
     * Makes a stripe, to be installed or dropped. Waits for slabs, for the file's stripes in flight to be few enough, and
     * for failed targets as long as the patience says.
     *
     * @throws StripeException if no group is usable, or on time-out.
     */
    public Stripe newStripe() {
        awaitInFlightBelow(context.stripesInFlight());
        Slab[] parity = new Slab[context.parityBuffers()];
        long number = awaitNumber();
        if (parity.length > 0) {
            context.paritySupply().acquire(parity);
        }
        inFlight.incrementAndGet();
        return new Stripe(context, this, number, parity);
    }

    /** As {@link #newStripe}, without waiting. Host agent. @return null if it cannot be now. */
    public Stripe tryNewStripe() {
        Slab[] parity = new Slab[context.parityBuffers()];
        long number = context.chooser().choose(null);
        if (number < 0 || (parity.length > 0 && !context.paritySupply().tryAcquire(parity))) {
            return null;
        }
        inFlight.incrementAndGet();
        return new Stripe(context, this, number, parity);
    }

    /** Makes a stripe the open one, if there is none. File's lock. @return whether it did; else {@link #drop} it. */
    public boolean install(Stripe stripe) {
        if (hasSlot()) {
            return false;
        }
        open = stripe;
        return true;
    }

    /** Gives back a stripe that was not installed. */
    public void drop(Stripe stripe) {
        stripe.drop();
        inFlight.decrementAndGet();
        gate.signal();
    }

    /** Gives a chunk the next place of the open stripe, which must have one. File's lock. */
    public void place(Chunk chunk) {
        open.place(chunk);
        if (!open.hasSlot()) {
            open = null;
        }
    }

    /** Closes the open stripe. File's lock. @return it, to be sealed, or null if there is none with a chunk. */
    public Stripe close() {
        if (open == null || open.placed() == 0) {
            return null;
        }
        Stripe stripe = open;
        stripe.close();
        open = null;
        return stripe;
    }

    /** Takes back the open stripe if it never got a chunk. File's lock. @return it, to be dropped, or null. */
    public Stripe takeUnused() {
        if (open == null || open.placed() > 0) {
            return null;
        }
        Stripe stripe = open;
        open = null;
        return stripe;
    }

    /** Sends a placed chunk. @param mayWait for room in the lanes; else the host agent sends what is left. */
    public void add(Chunk chunk, boolean mayWait) {
        chunk.stripe().add(chunk, mayWait);
    }

    /** Seals a closed stripe, or lets the last of its chunks do so. */
    public void seal(Stripe stripe, boolean mayWait) {
        stripe.seal(mayWait);
    }

    /** Waits until closed stripes are durable or have failed. @throws StripeException TIMEOUT. */
    public void awaitFinal(Collection<Stripe> stripes) {
        gate.enter();
        try {
            for (Stripe stripe : stripes) {
                long deadlineNs = deadline();
                while (!stripe.isFinal()) {
                    if (context.clock().nanoTime() - deadlineNs > 0) {
                        throw timeout("stripe=" + stripe.number() + " is not acknowledged");
                    }
                    gate.await(WAIT_NS);
                }
            }
        } finally {
            gate.leave();
        }
    }

    private void awaitInFlightBelow(int limit) {
        if (inFlight.get() < limit) {
            return;
        }
        gate.enter();
        try {
            long deadlineNs = deadline();
            while (inFlight.get() >= limit) {
                if (context.clock().nanoTime() - deadlineNs > 0) {
                    throw timeout(inFlight.get() + " stripes are not acknowledged");
                }
                gate.await(WAIT_NS);
            }
        } finally {
            gate.leave();
        }
    }

    private long awaitNumber() {
        long number;
        synchronized (numbers) {
            number = context.chooser().choose(numbers);
        }
        if (number >= 0) {
            return number;
        }
        long deadlineNs = context.clock().nanoTime() + context.patienceNs();
        while (number == GroupChooser.RECOVERING && context.clock().nanoTime() - deadlineNs < 0) {
            context.waitStrategy().await(WAIT_NS);
            number = context.chooser().choose(null);
        }
        if (number < 0) {
            throw context.chooser().failure(number, "write failed: " + description);
        }
        return number;
    }

    /** The longest that a stripe can take: to be sent, to be answered, to be written again. */
    private long longestNs() {
        return 2 * context.writeTimeoutNs() + context.patienceNs();
    }

    private long deadline() {
        return context.clock().nanoTime() + longestNs();
    }

    private StripeException timeout(String what) {
        return new StripeException(
                StripeException.Kind.TIMEOUT,
                "write failed: " + description + ": " + what + " after " + longestNs() / 1_000_000_000 + " s");
    }

    /** Stripes of this file that failed so far. */
    public int failures() {
        return failures.get();
    }

    @Override
    public void onStripeFinal(Stripe stripe) {
        if (stripe.hasFailed()) {
            failures.incrementAndGet();
        }
        inFlight.decrementAndGet();
        gate.signal();
    }

    @Override
    public String describe() {
        return description;
    }
}
