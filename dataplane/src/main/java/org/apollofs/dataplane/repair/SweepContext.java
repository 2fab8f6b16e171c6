package org.apollofs.dataplane.repair;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceIdentity;

/** What an {@link OrphanSweep} needs to know. Set up by one thread, concluded by the sweep; owns nothing. */
public final class SweepContext {
    private Namespace namespace;
    private Targets targets;
    private PlacementTables placements;
    private NanoClock clock;
    private Witness witness;
    private long delayNs = TimeUnit.MINUTES.toNanos(1);
    private int limitPercent = 20;

    /** Knows of each target which namespace it was last used by. */
    @FunctionalInterface
    public interface Witness {
        /**
         * Whether a namespace may say which chunks of a target are dead: the target was last used by this one, in no later generation.
         */
        boolean accepts(int targetId, NamespaceIdentity identity);
    }

    /** Who says which sessions have ended, and what files refer to: required. */
    public SweepContext namespace(Namespace namespace) {
        this.namespace = namespace;
        return this;
    }

    Namespace namespace() {
        return namespace;
    }

    /** Lanes of this host: required. */
    public SweepContext targets(Targets targets) {
        this.targets = targets;
        return this;
    }

    Targets targets() {
        return targets;
    }

    /** Required. */
    public SweepContext placements(PlacementTables placements) {
        this.placements = placements;
        return this;
    }

    PlacementTables placements() {
        return placements;
    }

    /** Required. */
    public SweepContext clock(NanoClock clock) {
        this.clock = clock;
        return this;
    }

    NanoClock clock() {
        return clock;
    }

    /** Required: there is no deleting without. */
    public SweepContext witness(Witness witness) {
        this.witness = witness;
        return this;
    }

    Witness witness() {
        return witness;
    }

    /** Time between the two times that a chunk must be seen dead, ns; one minute by default. */
    public SweepContext delayNs(long delayNs) {
        this.delayNs = delayNs;
        return this;
    }

    long delayNs() {
        return delayNs;
    }

    /** Of the chunks of a target, in percent: more are not deleted unless an operator confirms it. 20 by default; 100: any. */
    public SweepContext limitPercent(int limitPercent) {
        this.limitPercent = limitPercent;
        return this;
    }

    int limitPercent() {
        return limitPercent;
    }

    /** @throws IllegalArgumentException that names what is not set, or out of range. */
    public SweepContext conclude() {
        if (namespace == null || targets == null || placements == null || clock == null || witness == null) {
            throw new IllegalArgumentException(
                    "orphan sweep: namespace, targets, placements, clock and witness are required");
        }
        if (delayNs < 0 || limitPercent < 0 || limitPercent > 100) {
            throw new IllegalArgumentException(
                    "orphan sweep: delayNs=" + delayNs + " (at least 0), limitPercent=" + limitPercent + " (0 to 100)");
        }
        return this;
    }
}
