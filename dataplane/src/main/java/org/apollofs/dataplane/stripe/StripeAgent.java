package org.apollofs.dataplane.stripe;

import java.util.ArrayDeque;

/** Looks after stripes that need more than an acknowledgement: unsent chunks, failed attempts. Host agent only. */
public final class StripeAgent {
    private final StripeContext context;
    private final ArrayDeque<Stripe> active = new ArrayDeque<>();
    private volatile boolean hasActive;

    /** @param context shared by all stripes of the host. */
    public StripeAgent(StripeContext context) {
        this.context = context;
    }

    /** Lets each such stripe go on as far as it can. @return work done. */
    public int doWork() {
        int work = 0;
        Stripe stripe = context.attention().poll();
        while (stripe != null) {
            active.add(stripe);
            work++;
            stripe = context.attention().poll();
        }
        for (int i = active.size(); i > 0; i--) {
            Stripe next = active.poll();
            if (!next.advance()) {
                active.add(next);
            }
        }
        if (hasActive == active.isEmpty()) {
            hasActive = !active.isEmpty();
        }
        return work;
    }

    /** Whether some stripe waits for its agent. Any thread. */
    public boolean isBusy() {
        return hasActive;
    }
}
