package org.apollofs.namespace.cluster;

import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.CommandNamespace;
import org.apollofs.namespace.command.QueryReads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The namespace of a cluster, over one session. Thread-safe: calling threads wait for their answers, up to the deadline, and
 * for a place while too many commands are under way.
 *
 * <p>In the process of the only member, questions are answered from its tables (linearizable: see
 * {@link org.apollofs.namespace.state.LocalReads}); elsewhere they go to the member that leads, and wait there for a mark in the
 * log that all questions share.
 *
 * <p>{@link #close()} ends the session and the client's thread; before the member's.
 */
public final class ClusterNamespace extends CommandNamespace {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterNamespace.class);

    private final ClusterClient client;
    private final ClusterClientContext ctx;
    private AgentRunner runner;

    private ClusterNamespace(ClusterClient client, ClusterClientContext ctx) {
        super(client, client.reads() == null ? ctx.reads() : new QueryReads(client.reads()));
        this.client = client;
        this.ctx = ctx;
    }

    /**
     * Connects. With a thread factory, the session is open on return; without, the caller runs {@link #agent()}, and the
     * first call waits.
     *
     * @param ctx concluded here.
     * @throws org.apollofs.namespace.client.NamespaceException UNAVAILABLE if no member answers in time.
     * @throws java.util.concurrent.CancellationException if the context's cancellation says so while it waits.
     */
    public static ClusterNamespace connect(ClusterClientContext ctx) {
        ClusterClient client = new ClusterClient(ctx.conclude());
        ClusterNamespace namespace = new ClusterNamespace(client, ctx);
        if (ctx.threadFactory() != null) {
            namespace.runner =
                    new AgentRunner(ctx.newIdleStrategy(client::restNs), ClusterNamespace::onError, null, client);
            AgentRunner.startOnThread(namespace.runner, ctx.threadFactory());
            try {
                client.awaitOpen();
                LOG.debug("namespace session {}", client.session());
            } catch (RuntimeException e) {
                CloseHelper.quietClose(namespace);
                throw e;
            }
        }
        return namespace;
    }

    private static void onError(Throwable e) {
        if (e instanceof AgentTerminationException) {
            LOG.error("namespace client stops: {}", e.getMessage());
        } else {
            LOG.error("namespace client failed", e);
        }
    }

    /** What the caller runs, on a thread of its own, if no thread factory was given. */
    public Agent agent() {
        return client;
    }

    /** What questions go through, for a thread that has many under way at once; null where they are answered in the process. */
    public CommandChannel questions() {
        return client.reads();
    }

    /** Number of the member that leads, as far as this client knows; -1 while it is not connected to it. */
    public int leader() {
        return client.leader();
    }

    /** Position in the log of the state that answered the last questions; 0 if none were answered by a member. */
    public long readPosition() {
        return client.reads() == null ? 0 : client.reads().position();
    }

    /**
     * Has the cluster take a snapshot: all members, each of its own state. Returns when they have begun.
     *
     * @throws org.apollofs.namespace.client.NamespaceException UNAVAILABLE.
     */
    public void takeSnapshot() {
        client.takeSnapshot();
    }

    @Override
    public void close() {
        super.close();
        CloseHelper.close(runner);
        ctx.releaseIdleStrategy();
    }
}
