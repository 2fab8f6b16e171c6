package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks members something, ten times a second until they have answered, by {@link PeerMessage}s from a port of the system's choice.
 * One thread.
 */
final class PeerQuestions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerQuestions.class);
    private static final long INTERVAL_NS = 100_000_000L;
    private static final long POLL_NS = 2_000_000;

    private final List<MemberAddress> asked;
    private final List<MemberAddress> left;
    private final int[] types;
    private final NanoClock clock;
    private final Consumer consumer;
    private final DatagramChannel channel;
    private final PeerSeal seal;
    private final ByteBuffer message = PeerMessage.allocate();
    private final long nonce = new SecureRandom().nextLong();
    private long askedNs;

    /** Takes answers. */
    interface Consumer {
        /**
         * A member's answer, maybe not the first.
         *
         * @param type of the answer.
         */
        void onAnswer(int member, int type, int flags, long value);

        /** A member, or somebody at its address, says that it knows nothing of this secret or namespace. A hint. */
        default void onRefused(int member) {}
    }

    /**
     * Opens a socket.
     *
     * @param asked whom.
     * @param key that the members have.
     * @param types of the questions, each asked of each.
     * @throws UncheckedIOException if there is no socket to be had.
     */
    PeerQuestions(List<MemberAddress> asked, PeerKey key, NanoClock clock, Consumer consumer, int... types) {
        seal = key.newSeal();
        this.asked = asked;
        left = new ArrayList<>(asked);
        this.clock = clock;
        this.consumer = consumer;
        this.types = types;
        DatagramChannel opened = null;
        try {
            opened = DatagramChannel.open();
            opened.bind(new InetSocketAddress(0));
            opened.configureBlocking(false);
        } catch (IOException e) {
            CloseHelper.quietClose(opened);
            throw new UncheckedIOException("members of the namespace cannot be asked: no socket", e);
        }
        channel = opened;
        askedNs = clock.nanoTime() - INTERVAL_NS;
    }

    /** Asks and hears until there is nobody left to ask, or some time has passed. */
    void await(long timeoutNs) {
        long deadlineNs = clock.nanoTime() + timeoutNs;
        while (poll() && clock.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** A member that has told all that is wanted is not asked any more. */
    void isEnough(int member) {
        left.removeIf(one -> one.id() == member);
    }

    /** Nobody is asked any more. */
    void isEnough() {
        left.clear();
    }

    /** Hears, and asks if it is time. @return whether there is somebody left to ask. */
    boolean poll() {
        try {
            hear();
        } catch (IOException e) {
            LOG.debug("namespace: members are not heard: {}", e.getMessage());
        }
        long now = clock.nanoTime();
        if (now - askedNs >= INTERVAL_NS) {
            askedNs = now;
            left.forEach(this::ask);
        }
        return !left.isEmpty();
    }

    private void hear() throws IOException {
        message.clear();
        for (SocketAddress from = channel.receive(message); from != null; from = channel.receive(message)) {
            message.flip();
            if (PeerMessage.isRefusal(message, nonce)) {
                onRefused(from);
            } else if (PeerMessage.isMessage(message, seal)
                    && PeerMessage.nonce(message) == nonce
                    && asked.stream().anyMatch(one -> one.id() == PeerMessage.member(message))) {
                consumer.onAnswer(
                        PeerMessage.member(message),
                        PeerMessage.type(message),
                        PeerMessage.flags(message),
                        PeerMessage.value(message));
            }
            message.clear();
        }
    }

    private void onRefused(SocketAddress from) {
        for (MemberAddress member : asked) {
            if (member.peers().equals(from)) {
                consumer.onRefused(member.id());
            }
        }
    }

    private void ask(MemberAddress member) {
        for (int type : types) {
            try {
                channel.send(seal.sign(PeerMessage.put(message, type, nonce, 0, 0, 0)), member.peers());
            } catch (IOException | UnresolvedAddressException e) {
                // Its host does not answer, or has no name yet: it is asked again.
                LOG.debug("namespace: member not asked: member={}, {}", member.id(), e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        CloseHelper.quietClose(channel);
    }
}
