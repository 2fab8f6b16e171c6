package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.codecs.MessageHeaderEncoder;
import io.aeron.cluster.codecs.SessionMessageHeaderEncoder;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.exceptions.AeronException;
import java.util.ArrayList;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends results to the clients of the cluster, those of a batch together.
 *
 * <p>It has publications of its own, since the cluster's may not be used outside of its callbacks, and the last
 * commands of a poll are applied after them. Results that a client's stream has no room for wait here, up to a bound; beyond it they are dropped:
 * the client asks again, and the state machine answers again without applying again. Owned by the service's thread.
 */
final class EgressSender implements AutoCloseable {
    private final Cluster cluster;
    private final NamespaceCounters counters;
    private final Long2ObjectHashMap<Client> clients = new Long2ObjectHashMap<>();
    /** Those with results that wait. */
    private final ArrayList<Client> waiting = new ArrayList<>();

    private final SessionMessageHeaderEncoder header = new SessionMessageHeaderEncoder();
    private final UnsafeBuffer headerBuffer = new UnsafeBuffer(new byte[AeronCluster.SESSION_HEADER_LENGTH]);

    /** One client of the cluster, and the results that wait to be sent to it. */
    private static final class Client {
        private final ClientSession session;
        private final WaitingResults results = new WaitingResults();
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
            waiting.remove(client);
            CloseHelper.close(client.publication);
        }
    }

    /** Adds a result; it is sent with {@link #flush}. */
    void add(long sessionId, DirectBuffer buffer, int offset, int length) {
        Client client = clients.get(sessionId);
        if (client == null) {
            // The client has closed its session of the cluster since it sent the command.
            counters.answersDropped.increment();
            return;
        }
        if (client.results.isEmpty()) {
            waiting.add(client);
        }
        if (!client.results.add(buffer, offset, length)) {
            counters.answersDropped.increment();
        }
    }

    /** Whether results wait. */
    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    /** Sends what waits, as far as there is room. @return messages sent. */
    int flush(long leadershipTermId) {
        int sent = 0;
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Client client = waiting.get(i);
            sent += send(client, leadershipTermId);
            if (client.results.isEmpty()) {
                waiting.remove(i);
            }
        }
        return sent;
    }

    /** Closes the publications and forgets what waits: this member does not lead. Sessions stay known. */
    void disconnect() {
        for (Client client : clients.values()) {
            CloseHelper.close(client.publication);
            client.publication = null;
            client.results.clear();
        }
        waiting.clear();
    }

    private int send(Client client, long leadershipTermId) {
        if (!connect(client)) {
            counters.answersDropped.increment();
            client.results.clear();
            return 0;
        }
        header.leadershipTermId(leadershipTermId)
                .clusterSessionId(client.session.id())
                .timestamp(cluster.time());
        int sent = 0;
        WaitingResults results = client.results;
        while (!results.isEmpty()) {
            int length = results.length();
            long result = client.publication.offer(
                    headerBuffer,
                    0,
                    AeronCluster.SESSION_HEADER_LENGTH,
                    results.buffer(),
                    results.offset(),
                    length,
                    null);
            if (result > 0) {
                results.sent(length);
                sent++;
            } else {
                if (result == Publication.CLOSED || result == Publication.MAX_POSITION_EXCEEDED) {
                    CloseHelper.close(client.publication);
                    client.publication = null;
                }
                return sent;
            }
        }
        return sent;
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
            return false;
        }
    }

    @Override
    public void close() {
        disconnect();
        clients.clear();
    }
}
