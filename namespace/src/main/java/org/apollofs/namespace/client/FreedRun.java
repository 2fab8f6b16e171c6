package org.apollofs.namespace.client;

/**
 * Consecutive stripes that no extent refers to.
 *
 * @param sequence place in the queue of freed runs.
 */
public record FreedRun(long sequence, long session, long firstStripe, long stripeCount, int placement) {}
