package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other members from where on they still have the log. A member whose own log ends before that was away for too long:
 * nobody can send it what it lacks, and it would try for ever. All that it has stands in the others' snapshots, or was never
 * committed.
 *
 * <p>Datagrams ({@link PeerMessage}) from a port of the system's choice, ten times a second. One thread.
 */
final class LogStarts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStarts.class);
    private static final long INTERVAL_NS = 100_000_000L;
    private static final long POLL_NS = 2_000_000;

    private final NamespaceMemberContext ctx;
    private final DatagramChannel channel;
    private final ByteBuffer message = PeerMessage.allocate();
    private final long nonce = new SecureRandom().nextLong();
    private final Set<Integer> answered = new HashSet<>();
    private long latest;
    private long askedNs;

    /** @throws UncheckedIOException if there is no socket to be had. */
    LogStarts(NamespaceMemberContext ctx) {
        this.ctx = ctx;
        DatagramChannel opened = null;
        try {
            opened = DatagramChannel.open();
            opened.bind(new InetSocketAddress(ctx.address().host(), 0));
            opened.configureBlocking(false);
        } catch (IOException e) {
            CloseHelper.quietClose(opened);
            throw new UncheckedIOException(
                    "namespace member: the others cannot be asked: memberId=" + ctx.memberId(), e);
        }
        channel = opened;
        askedNs = ctx.nanoClock().nanoTime() - INTERVAL_NS;
    }

    /** The latest position at which another member's log begins, as far as they have answered; else 0. */
    long latest() {
        return latest;
    }

    /** Asks until all others have answered, or some time has passed: some may be down. */
    void await(long timeoutNs) {
        long deadlineNs = ctx.nanoClock().nanoTime() + timeoutNs;
        while (!poll() && ctx.nanoClock().nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Asks if it is time, and hears. @return whether all others have answered at least once. */
    boolean poll() {
        try {
            hear();
        } catch (IOException e) {
            LOG.debug("namespace member: the others are not heard: {}", e.getMessage());
        }
        long now = ctx.nanoClock().nanoTime();
        if (now - askedNs >= INTERVAL_NS) {
            askedNs = now;
            ctx.members().stream()
                    .filter(member -> member.id() != ctx.memberId())
                    .forEach(this::ask);
        }
        return answered.size() == ctx.members().size() - 1;
    }

    private void hear() throws IOException {
        message.clear();
        while (channel.receive(message) != null) {
            message.flip();
            if (PeerMessage.isMessage(message)
                    && PeerMessage.type(message) == PeerMessage.LOG_START
                    && PeerMessage.nonce(message) == nonce) {
                answered.add(PeerMessage.member(message));
                latest = Math.max(latest, PeerMessage.value(message));
            }
            message.clear();
        }
    }

    private void ask(MemberAddress member) {
        try {
            channel.send(PeerMessage.put(message, PeerMessage.ASK_LOG, nonce, 0, ctx.memberId(), 0), member.peers());
        } catch (IOException | UnresolvedAddressException e) {
            // Its host does not answer, or has no name yet: it is asked again.
            LOG.debug("namespace member: not asked: member={}, {}", member.id(), e.getMessage());
        }
    }

    @Override
    public void close() {
        CloseHelper.quietClose(channel);
    }
}
