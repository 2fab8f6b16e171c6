package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.cluster.client.AeronCluster;
import org.agrona.concurrent.YieldingIdleStrategy;

/** A connection to the cluster that is being made by Aeron's client, without waiting. The thread of the client that it is for. */
final class ConnectAttempt implements LeaderSearch.Attempt<AeronCluster> {
    private final String members;
    private final AeronCluster.AsyncConnect connect;

    /** @param context with channels, credentials and listener; the rest is set here. */
    ConnectAttempt(Aeron aeron, AeronCluster.Context context) {
        members = context.ingressEndpoints() == null ? "its own" : context.ingressEndpoints();
        connect = AeronCluster.asyncConnect(context.aeron(aeron)
                .ownsAeronClient(false)
                .idleStrategy(YieldingIdleStrategy.INSTANCE)
                // Who searches ends it before.
                .messageTimeoutNs(LeaderSearch.LONGEST_NS));
    }

    @Override
    public AeronCluster poll() {
        AeronCluster cluster = connect.poll();
        if (cluster != null) {
            // From now on this is how long it waits for a new leader's ingress, before it is closed and another is
            // searched for.
            cluster.context().messageTimeoutNs(LeaderSearch.QUICK_NS);
        }
        return cluster;
    }

    @Override
    public String describe() {
        boolean isAlone = connect.state().compareTo(AeronCluster.AsyncConnect.State.AWAIT_PUBLICATION_CONNECTED) <= 0;
        return (isAlone ? "no member is there: members=" : "no member answers as the one that leads: members=")
                + members;
    }

    @Override
    public void close() {
        connect.close();
    }
}
