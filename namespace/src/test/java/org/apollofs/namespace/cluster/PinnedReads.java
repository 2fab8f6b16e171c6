package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.command.NamespaceReads;
import org.apollofs.namespace.command.QueryReads;

/**
 * Linearizable questions that go to the same member always, whoever leads: those of a client that has not heard that its
 * member was deposed. Has a thread of its own.
 */
public final class PinnedReads implements AutoCloseable {
    private final ClusterClientContext ctx;
    private final ReadClient client;
    private final AgentRunner runner;

    /** @param ctx concluded here. */
    public PinnedReads(ClusterClientContext ctx, int member) {
        this.ctx = ctx.conclude();
        client = new ReadClient(ctx);
        runner = new AgentRunner(
                ctx.newIdleStrategy(client::restNs), Throwable::printStackTrace, null, new Asking(ctx, client, member));
        AgentRunner.startOnThread(runner, ctx.threadFactory());
    }

    /** Thread-safe. Valid until {@link #close()}. */
    public NamespaceReads reads() {
        return new QueryReads(client);
    }

    @Override
    public void close() {
        client.close();
        CloseHelper.close(runner);
        ctx.releaseIdleStrategy();
    }

    private static final class Asking implements Agent {
        private final ClusterClientContext ctx;
        private final ReadClient client;
        private final int member;
        private Aeron aeron;

        Asking(ClusterClientContext ctx, ReadClient client, int member) {
            this.ctx = ctx;
            this.client = client;
            this.member = member;
        }

        @Override
        public String roleName() {
            return "pinned-reads-" + member;
        }

        @Override
        public void onStart() {
            aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(ctx.driver().directory())
                    .useConductorAgentInvoker(true)
                    .clientName(roleName()));
        }

        @Override
        public int doWork() {
            return aeron.conductorAgentInvoker().invoke()
                    + client.poll(aeron, member, SystemNanoClock.INSTANCE.nanoTime());
        }

        @Override
        public void onClose() {
            client.onClose();
            CloseHelper.close(aeron);
        }
    }
}
