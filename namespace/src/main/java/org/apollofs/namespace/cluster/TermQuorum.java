package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.CloseHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other members for their votes, to know that a term had not ended when they were asked.
 *
 * <p>A term ends when a majority has voted in a later one, and a vote is in the voter's file before it is told to anyone. So
 * once a majority, this member among it, has been seen without such a vote, nobody led a later term when the round began, and
 * nobody could have answered anything that this one's leader has not in its log (Raft's ReadIndex: Ongaro's thesis, 6.4, with
 * votes in place of heartbeats). Clocks play no part.
 *
 * <p>Questions and answers are {@link PeerMessage}s; a lost one is sent again by {@link #askAgain}. What other members and
 * operators ask ({@link LogStarts}, {@link MemberSurvey}) is answered here too.
 *
 * <p>A thread of its own answers at once, so that a round takes a trip through the network and nothing else. The other methods
 * are for one thread, which is told of news.
 */
final class TermQuorum implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TermQuorum.class);
    /** Of a member that has never voted, or does not remember it. */
    private static final long NO_VOTE = -1;

    private final int memberId;
    private final List<MemberAddress> others;
    private final PeerState state;
    private final Runnable onNews;
    private final long nonce = new SecureRandom().nextLong();
    private final DatagramChannel channel;
    private final Thread thread;
    private final ByteBuffer question = PeerMessage.allocate();
    /** Of the asking thread. */
    private final PeerSeal askingSeal;
    /** Of the receiving thread. */
    private final PeerSeal seal;

    private final Strangers strangers;
    private final InetSocketAddress[] addresses;
    /** Whether answers are not received any more. */
    private volatile boolean isDeaf;

    private volatile Round round = new Round(0, NO_VOTE, 0);

    /** Votes that were seen for one question. Written by the thread that receives. */
    private static final class Round {
        private final long number;
        private final long termId;
        /** The asking thread may see this late, and then asks once too often. */
        private final boolean[] hasAnswered;

        private final AtomicInteger agreeing = new AtomicInteger();
        private volatile boolean isDenied;

        Round(long number, long termId, int others) {
            this.number = number;
            this.termId = termId;
            hasAnswered = new boolean[others];
        }
    }

    /**
     * Binds the port and begins to answer.
     *
     * @param state of this member.
     * @param onNews run by the thread that receives, when an answer has changed what is known of the round.
     * @throws UncheckedIOException if the port is taken.
     */
    TermQuorum(NamespaceMemberContext ctx, PeerState state, Runnable onNews) {
        memberId = ctx.memberId();
        others =
                ctx.members().stream().filter(member -> member.id() != memberId).toList();
        this.state = state;
        this.onNews = onNews;
        askingSeal = ctx.peerKey().newSeal();
        seal = ctx.peerKey().newSeal();
        strangers = new Strangers(ctx.nanoClock());
        addresses = new InetSocketAddress[others.size()];
        resolve();
        channel = open(ctx.address().peers());
        thread = ctx.threadFactory().newThread(this::receive);
        thread.setName("namespace-votes");
        thread.start();
    }

    private static DatagramChannel open(InetSocketAddress own) {
        DatagramChannel opened = null;
        try {
            opened = DatagramChannel.open();
            return opened.bind(own);
        } catch (IOException e) {
            CloseHelper.quietClose(opened);
            throw new UncheckedIOException("namespace member: port cannot be taken: " + own, e);
        }
    }

    /** May ask a name server. */
    private void resolve() {
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = others.get(i).peers();
        }
    }

    // The asking thread.

    /** Begins a round; what is known of the one before is forgotten. @param termId that this member leads. */
    void ask(long number, long termId) {
        if (!isConfirmed()) {
            // Somebody did not answer. Is he still where he was?
            resolve();
        }
        round = new Round(number, termId, others.size());
        send(round);
    }

    /** Asks those again who have not answered. */
    void askAgain() {
        send(round);
    }

    private void send(Round asked) {
        askingSeal.sign(PeerMessage.put(question, PeerMessage.ASK_VOTE, nonce, asked.number, memberId, 0));
        for (int i = 0; i < addresses.length; i++) {
            if (!asked.hasAnswered[i]) {
                send(question, addresses[i]);
            }
        }
    }

    /** Whether the term of the last round had not ended when the round began. */
    boolean isConfirmed() {
        Round asked = round;
        int majority = (others.size() + 1) / 2 + 1;
        return asked.agreeing.get() + 1 >= majority && isVoteWithin(state.vote(), asked.termId);
    }

    /** Whether waiting for a confirmation is of little use: a member has voted in a later term, or no answer can come. */
    boolean isDenied() {
        Round asked = round;
        return isDeaf || asked.isDenied || !isVoteWithin(state.vote(), asked.termId);
    }

    private static boolean isVoteWithin(long voted, long termId) {
        return voted != NO_VOTE && voted <= termId;
    }

    // The receiving thread.

    private void receive() {
        ByteBuffer received = PeerMessage.allocate();
        try {
            while (true) {
                received.clear();
                SocketAddress sender = channel.receive(received);
                received.flip();
                if (PeerMessage.isMessage(received, seal)) {
                    onReceived(received, sender);
                } else if (strangers.onStranger(received, sender)) {
                    send(received, sender);
                }
            }
        } catch (ClosedChannelException e) {
            LOG.trace("namespace votes: closed");
        } catch (IOException e) {
            LOG.warn("namespace votes: reads take a place in the log from now on: {}", e.getMessage());
        } finally {
            isDeaf = true;
        }
    }

    private void onReceived(ByteBuffer message, SocketAddress sender) {
        switch (PeerMessage.type(message)) {
            case PeerMessage.ASK_VOTE -> answer(message, PeerMessage.VOTE, 0, state.vote(), sender);
            case PeerMessage.ASK_LOG -> answer(message, PeerMessage.LOG_START, state.flags(), state.logStart(), sender);
            case PeerMessage.ASK_STATUS -> answer(message, PeerMessage.STATUS, state.flags(), state.position(), sender);
            case PeerMessage.ASK_STRANGERS ->
                answer(message, PeerMessage.STRANGERS, 0, strangers.count() + state.strangers(), sender);
            case PeerMessage.VOTE -> {
                if (PeerMessage.nonce(message) == nonce) {
                    onVote(PeerMessage.number(message), PeerMessage.member(message), PeerMessage.value(message));
                }
            }
            default -> LOG.debug("namespace votes: unknown message: from={}", sender);
        }
    }

    private void answer(ByteBuffer message, int type, int flags, long value, SocketAddress sender) {
        PeerMessage.put(message, type, PeerMessage.nonce(message), PeerMessage.number(message), memberId, flags, value);
        send(seal.sign(message), sender);
    }

    private void onVote(long number, int member, long voted) {
        Round asked = round;
        if (asked.number != number) {
            return;
        }
        for (int i = 0; i < others.size(); i++) {
            if (others.get(i).id() == member && !asked.hasAnswered[i]) {
                asked.hasAnswered[i] = true;
                if (isVoteWithin(voted, asked.termId)) {
                    asked.agreeing.incrementAndGet();
                } else {
                    asked.isDenied = true;
                }
                onNews.run();
            }
        }
    }

    // Both.

    private void send(ByteBuffer message, SocketAddress to) {
        try {
            channel.send(message.rewind(), to);
        } catch (IOException | UnresolvedAddressException e) {
            // Its host does not answer, or has no name: others do, or the log is asked.
            LOG.debug("namespace votes: not sent: to={}, {}", to, e.getMessage());
        }
    }

    /** Waits for the thread, also when interrupted: what it asks for votes may be closed after. */
    @Override
    public void close() {
        CloseHelper.quietClose(channel);
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
