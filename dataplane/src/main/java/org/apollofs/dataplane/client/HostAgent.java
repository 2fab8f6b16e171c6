package org.apollofs.dataplane.client;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.stripe.StripeAgent;
import org.apollofs.dataplane.stripe.StripeContext;
import org.apollofs.dataplane.stripe.Targets;

/**
 * The one thread of a host that polls its lanes: answers end stripes and wake workers, failed stripes are written again,
 * figures of targets refreshed, and files that hold slabs in half-filled stripes give them up when slabs are short.
 *
 * <p>The cli starts it, with an idle strategy of the profile. Closing it closes the lanes and then the slabs, so the
 * client is closed before and the mount before that.
 */
final class HostAgent implements Agent {
    private static final long STATUS_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** The same while this host asks for nothing: each wakes all threads that move data. */
    private static final long REST_STATUS_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    private static final long RELIEF_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final ApolloClient client;
    private final Targets targets;
    private final StripeContext stripes;
    private final StripeAgent stripeAgent;
    private final NanoClock clock;
    private long lastStatusNs;
    private long requestsAtStatus;
    private long nextReliefNs;

    HostAgent(ApolloClient client, Targets targets, StripeContext stripes, NanoClock clock) {
        this.client = client;
        this.targets = targets;
        this.stripes = stripes;
        this.stripeAgent = new StripeAgent(stripes);
        this.clock = clock;
        this.lastStatusNs = clock.nanoTime() - STATUS_INTERVAL_NS;
        this.nextReliefNs = clock.nanoTime();
    }

    @Override
    public int doWork() {
        int work = targets.poll() + stripeAgent.doWork();
        long now = clock.nanoTime();
        if (now - lastStatusNs >= statusIntervalNs()) {
            lastStatusNs = now;
            targets.queryStatus();
            requestsAtStatus = targets.requestCount();
        }
        if (stripes.isShortOfSlabs() && now - nextReliefNs >= 0) {
            nextReliefNs = now + RELIEF_INTERVAL_NS;
            client.relieve();
        }
        return work;
    }

    private long statusIntervalNs() {
        if (!targets.hasAllStatus()) {
            return STATUS_INTERVAL_NS / 20;
        }
        return targets.areQuiet() && targets.requestCount() == requestsAtStatus
                ? REST_STATUS_INTERVAL_NS
                : STATUS_INTERVAL_NS;
    }

    /** Whether it has nothing to do until something begins. Any thread. */
    boolean isQuiet() {
        return targets.areQuiet() && !stripes.isShortOfSlabs() && !stripeAgent.isBusy();
    }

    @Override
    public String roleName() {
        return "host-lanes";
    }

    @Override
    public void onClose() {
        targets.close();
        client.freeSlabs();
    }
}
