package org.apollofs.namespace.cluster;

import java.util.UUID;
import java.util.function.Supplier;
import org.agrona.concurrent.Agent;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.IdentityClaim;
import org.apollofs.namespace.state.NamespaceState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log who the namespace is, once each time that this member leads: a generation begins. An agent, beside the reads.
 */
final class ClaimWatch implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimWatch.class);
    private static final long CHECK_NS = 2_000_000L;
    /** Time for a claim to come back in the log. */
    private static final long REPEAT_NS = 1_000_000_000L;

    private final NamespaceMemberContext ctx;
    private final NamespaceState state;
    private final ServiceProgress progress;
    private final BarrierSender sender;
    private final Supplier<MemberMark> mark;
    private IdentityClaim claim;
    private ServiceProgress.Term claimedFor;
    private long checkedNs;
    private long sentNs;
    private boolean isSettled;

    /**
     * A watch over one member's leadership.
     *
     * @param sender not owned.
     * @param mark what the member has noted of itself: a later generation follows.
     */
    ClaimWatch(
            NamespaceMemberContext ctx,
            NamespaceState state,
            ServiceProgress progress,
            BarrierSender sender,
            Supplier<MemberMark> mark) {
        this.ctx = ctx;
        this.state = state;
        this.progress = progress;
        this.sender = sender;
        this.mark = mark;
        checkedNs = ctx.nanoClock().nanoTime();
    }

    @Override
    public String roleName() {
        return "namespace-claim";
    }

    @Override
    public int doWork() {
        long now = ctx.nanoClock().nanoTime();
        ServiceProgress.Term led = progress.led();
        if (led == null || now - checkedNs < CHECK_NS) {
            return 0;
        }
        checkedNs = now;
        if (!led.equals(claimedFor)) {
            claimedFor = led;
            claim = ctx.claim() == null ? next() : ctx.claim();
            isSettled = false;
            sentNs = now - REPEAT_NS;
        }
        if (isSettled) {
            return 0;
        }
        if (state.identity().generation() >= claim.generation() || claim.equals(state.refusedClaim())) {
            isSettled = true;
            LOG.info("namespace: {}", state.identity());
        } else if (now - sentNs >= REPEAT_NS && sender.send(claim, now)) {
            sentNs = now;
        }
        return 1;
    }

    private IdentityClaim next() {
        NamespaceIdentity present = state.identity();
        UUID id = present.isKnown() ? present.id() : UUID.randomUUID();
        long last = Math.max(present.generation(), mark.get().generation());
        return new IdentityClaim(id, present.generation(), last + 1);
    }
}
