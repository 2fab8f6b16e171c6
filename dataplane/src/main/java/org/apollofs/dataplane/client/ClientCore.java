package org.apollofs.dataplane.client;

import org.agrona.concurrent.EpochNanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.DataCounters;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.dataplane.stripe.StripeContext;
import org.apollofs.dataplane.stripe.StripeReader;
import org.apollofs.namespace.client.Namespace;

/**
 * What all open files of a host share. Immutable.
 *
 * @param zeros a slab full of zeros.
 * @param session this host's writer session.
 */
record ClientCore(
        Namespace namespace,
        StripeContext stripes,
        StripeReader reader,
        PlacementTables placements,
        StripeLayout layout,
        DataCounters counters,
        SharedSlab zeros,
        EpochNanoClock epochClock,
        long session,
        int inlineLimit,
        int largeWriteLength,
        int readAheadLength) {}
