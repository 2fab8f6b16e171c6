package org.apollofs.namespace.local;

import java.nio.file.Path;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.CommandNamespace;
import org.apollofs.namespace.state.IdentityClaim;
import org.apollofs.namespace.state.NamespaceState;

/**
 * A namespace in the caller's process and memory, without a cluster: for tests and the simulator. It is not durable.
 *
 * <p>Commands take the same way as through a cluster, encoded and applied by the same state machine, one at a time.
 * {@link #connect} opens a further session on the same tree, as another host would. Thread-safe.
 */
public final class LocalNamespace extends CommandNamespace {
    private static final long LEASE_NS = 60_000_000_000L;
    /** It goes with the process, and nothing outlives it that could be taken for another's. */
    private static final UUID ID = new UUID(0, 1);

    private final Site site;
    private boolean isOwner;

    private LocalNamespace(Site site, boolean queriesThroughLog) {
        super(new LocalChannel(site), queriesThroughLog ? null : site.state.reads());
        this.site = site;
    }

    /**
     * A new, empty tree and a first session on it. The tree goes with this namespace's {@link #close()}.
     *
     * @param directory for the state's files; what is in it from an earlier run is deleted.
     * @param clock time of the log.
     */
    public static LocalNamespace open(Path directory, EpochNanoClock clock) {
        return new LocalNamespace(
                        new Site(new NamespaceState(directory, NamespaceState.DEFAULT_MAP_LENGTH), clock), false)
                .owner();
    }

    /** A further session, to be closed before the first one is. */
    public LocalNamespace connect() {
        return new LocalNamespace(site, false);
    }

    /** A further session whose questions go through the log, as those of another process do. */
    public LocalNamespace connectRemotely() {
        return new LocalNamespace(site, true);
    }

    /** Begins a further generation, as a restart of the whole site does; sessions stay open. */
    public void beginGeneration() {
        site.beginGeneration();
    }

    /** Lets time pass without a command: leases that are over end. */
    public void tick() {
        site.tick();
    }

    private LocalNamespace owner() {
        isOwner = true;
        return this;
    }

    @Override
    public void close() {
        super.close();
        if (isOwner) {
            site.close();
        }
    }

    /** The state machine, its log position and its clock; one command at a time. */
    private static final class Site {
        private final NamespaceState state;
        private final EpochNanoClock clock;
        private long position;
        private long nonce;
        private boolean isClosed;

        Site(NamespaceState state, EpochNanoClock clock) {
            this.state = state;
            this.clock = clock;
            beginGeneration();
        }

        final synchronized void beginGeneration() {
            long last = state.identity().generation();
            state.addClaim(++position, clock.nanoTime(), new IdentityClaim(ID, last, last + 1));
            state.commit((tag, buffer, offset, bytes) -> {});
        }

        synchronized long nextNonce() {
            return ++nonce;
        }

        synchronized int apply(DirectBuffer command, int length, MutableDirectBuffer result) {
            if (isClosed) {
                throw new NamespaceException(NamespaceError.UNAVAILABLE, "the namespace is closed");
            }
            int[] resultLength = new int[1];
            position += length;
            state.add(position, clock.nanoTime(), 0, command, 0, length);
            state.commit((tag, buffer, offset, bytes) -> {
                result.putBytes(0, buffer, offset, bytes);
                resultLength[0] = bytes;
            });
            return resultLength[0];
        }

        synchronized void tick() {
            state.addTick(++position, clock.nanoTime());
            state.commit((tag, buffer, offset, bytes) -> {});
        }

        synchronized void close() {
            if (!isClosed) {
                isClosed = true;
                state.close();
            }
        }
    }

    /** A session's way to the state machine. */
    private static final class LocalChannel implements CommandChannel {
        private final Site site;
        private final long session;
        private long nextCommand = 1;
        private boolean isClosed;

        LocalChannel(Site site) {
            this.site = site;
            CommandEncoder encoder = new CommandEncoder();
            try (Call call = begin()) {
                int length = encoder.openSession(call.command(), site.nextNonce(), LEASE_NS);
                session = encoder.results().done(call.execute(length));
            }
        }

        @Override
        public long session() {
            return session;
        }

        @Override
        public Call begin() {
            return new LocalCall(this);
        }

        private void execute(LocalCall call, int length) {
            // Ids rise in the order of the log only if the session's commands are applied in the order of their ids.
            synchronized (this) {
                long id = nextCommand++;
                CommandHead.stamp(call.command, 0, session, id, id);
                int resultLength = site.apply(call.command, length, call.result);
                call.view.wrap(call.result, 0, resultLength);
            }
        }

        @Override
        public void close() {
            if (isClosed) {
                return;
            }
            isClosed = true;
            CommandEncoder encoder = new CommandEncoder();
            try (Call call = begin()) {
                encoder.results().done(call.execute(encoder.closeSession(call.command())));
            } catch (NamespaceException e) {
                // A session that has expired, or whose site is closed, has ended already.
                if (e.error() != NamespaceError.FENCED && e.error() != NamespaceError.UNAVAILABLE) {
                    throw e;
                }
            }
        }
    }

    /** One command, with buffers of its own. */
    private static final class LocalCall implements CommandChannel.Call {
        private final LocalChannel channel;
        private final ExpandableDirectByteBuffer command = new ExpandableDirectByteBuffer(512);
        private final ExpandableDirectByteBuffer result = new ExpandableDirectByteBuffer(512);
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

        LocalCall(LocalChannel channel) {
            this.channel = channel;
        }

        @Override
        public MutableDirectBuffer command() {
            return command;
        }

        @Override
        public void submit(int length) {
            channel.execute(this, length);
        }

        @Override
        public boolean isDone() {
            return true;
        }

        @Override
        public DirectBuffer await() {
            return view;
        }

        @Override
        public void close() {}
    }
}
