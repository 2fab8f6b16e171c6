package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.codecs.MessageHeaderEncoder;
import io.aeron.cluster.codecs.SessionMessageHeaderEncoder;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.exceptions.AeronException;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * Sends results to the clients of the cluster, those of a batch together.
 *
 * <p>It has publications of its own, since the cluster's may not be used outside of its callbacks, and a batch is committed
 * after the last one. A client that does not take its results loses them: it asks again, and the state machine answers
 * again without applying again. Owned by the service's thread.
 */
final class EgressSender implements AutoCloseable {
    /** Bytes of results from which on a message is sent. */
    private static final int FULL_LENGTH = 32 * 1024;

    private static final int ATTEMPTS = 64;

    private final Cluster cluster;
    private final NamespaceCounters counters;
    private final Long2ObjectHashMap<Client> clients = new Long2ObjectHashMap<>();
    private final SessionMessageHeaderEncoder header = new SessionMessageHeaderEncoder();
    private final UnsafeBuffer headerBuffer = new UnsafeBuffer(new byte[AeronCluster.SESSION_HEADER_LENGTH]);

    /** Results that wait to be sent to one client of the cluster. */
    private static final class Client {
        private final ClientSession session;
        private final ExpandableDirectByteBuffer results = new ExpandableDirectByteBuffer(4 * 1024);
        private int length;
        private Publication publication;

        Client(ClientSession session) {
            this.session = session;
        }
    }

    EgressSender(Cluster cluster, NamespaceCounters counters) {
        this.cluster = cluster;
        this.counters = counters;
        header.wrapAndApplyHeader(headerBuffer, 0, new MessageHeaderEncoder());
    }

    void open(ClientSession session) {
        clients.put(session.id(), new Client(session));
    }

    void close(long sessionId) {
        Client client = clients.remove(sessionId);
        if (client != null) {
            CloseHelper.close(client.publication);
        }
    }

    /** Adds a result; the client's message is sent when it is long enough, or with {@link #flush}. */
    void add(long sessionId, DirectBuffer buffer, int offset, int length, long leadershipTermId) {
        Client client = clients.get(sessionId);
        if (client == null) {
            // The client has closed its session of the cluster since it sent the command.
            counters.answersDropped.increment();
            return;
        }
        if (client.length > 0 && client.length + length > FULL_LENGTH) {
            send(client, leadershipTermId);
        }
        client.length = Frames.putResult(client.results, client.length, buffer, offset, length);
    }

    /** Sends what was added. */
    void flush(long leadershipTermId) {
        for (Client client : clients.values()) {
            if (client.length > 0) {
                send(client, leadershipTermId);
            }
        }
    }

    /** Forgets what was added: this member does not lead. */
    void discard() {
        for (Client client : clients.values()) {
            client.length = 0;
        }
    }

    /** Closes the publications; sessions stay known. */
    void disconnect() {
        for (Client client : clients.values()) {
            CloseHelper.close(client.publication);
            client.publication = null;
            client.length = 0;
        }
    }

    private void send(Client client, long leadershipTermId) {
        int length = client.length;
        client.length = 0;
        if (!connect(client)) {
            counters.answersDropped.increment();
            return;
        }
        header.leadershipTermId(leadershipTermId)
                .clusterSessionId(client.session.id())
                .timestamp(cluster.time());
        for (int i = 0; i < ATTEMPTS; i++) {
            long result = client.publication.offer(
                    headerBuffer, 0, AeronCluster.SESSION_HEADER_LENGTH, client.results, 0, length, null);
            if (result > 0) {
                return;
            }
            if (result == Publication.CLOSED || result == Publication.MAX_POSITION_EXCEEDED) {
                CloseHelper.close(client.publication);
                client.publication = null;
                break;
            }
            YieldingIdleStrategy.INSTANCE.idle();
        }
        counters.answersDropped.increment();
    }

    private boolean connect(Client client) {
        if (client.publication != null) {
            return true;
        }
        try {
            Aeron aeron = cluster.aeron();
            client.publication =
                    aeron.addPublication(client.session.responseChannel(), client.session.responseStreamId());
            return true;
        } catch (AeronException e) {
            // The channel is the client's: one that cannot be used is its fault, and it will ask again or time out.
            counters.answersDropped.increment();
            return false;
        }
    }

    @Override
    public void close() {
        disconnect();
        clients.clear();
    }
}
