package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Five members that are asked for their votes by member 0; the others answer by themselves, or by the test's hand. */
@Timeout(60)
class TermQuorumTest {
    private static final int ASK = 1;
    private static final int ANSWER = 2;

    private final List<MemberAddress> members = TestCluster.addresses(5);
    private final AtomicLong ownVote = new AtomicLong(7);
    private final TermQuorum asker = member(0, ownVote::get);

    private TermQuorum member(int id, LongSupplier vote) {
        NamespaceMemberContext ctx = new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(Path.of("unused"))
                .memberId(id)
                .members(members)
                .driverContext(new MediaDriver.Context())
                .threadFactory(TestSite::daemon)
                .failureHandler(failure -> {})
                .conclude();
        return new TermQuorum(ctx, new FixedState(vote, 0, 0), () -> {});
    }

    @AfterEach
    void close() {
        asker.close();
    }

    private void awaitConfirmed() {
        while (!asker.isConfirmed()) {
            Thread.onSpinWait();
        }
    }

    private void awaitDenied() {
        while (!asker.isDenied()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldConfirmOnceAMajorityHasNoLaterVote() {
        TermQuorum one = member(1, () -> 7);
        try {
            asker.ask(1, 7);
            TermQuorum other = member(3, () -> 5);
            try {
                while (!asker.isConfirmed()) {
                    asker.askAgain();
                    Thread.onSpinWait();
                }
                assertFalse(asker.isDenied());
            } finally {
                other.close();
            }
        } finally {
            one.close();
        }
    }

    @Test
    void shouldForgetWhatWasConfirmedBefore() {
        TermQuorum one = member(1, () -> 7);
        TermQuorum other = member(2, () -> 7);
        asker.ask(1, 7);
        awaitConfirmed();
        CloseHelper.closeAll(one, other);
        asker.ask(2, 7);
        assertFalse(asker.isConfirmed());
    }

    @Test
    void shouldNotCountOneWhoHasVotedLaterOrNever() {
        AtomicLong changing = new AtomicLong(8);
        TermQuorum one = member(1, () -> 7);
        TermQuorum two = member(2, () -> -1);
        TermQuorum three = member(3, changing::get);
        try {
            asker.ask(1, 7);
            awaitDenied();
            assertFalse(asker.isConfirmed());
            changing.set(7);
            asker.ask(2, 7);
            awaitConfirmed();
        } finally {
            CloseHelper.closeAll(one, two, three);
        }
    }

    @Test
    void shouldNotConfirmOnceItHasVotedLaterItself() {
        TermQuorum one = member(1, () -> 7);
        TermQuorum other = member(2, () -> 7);
        try {
            asker.ask(1, 7);
            awaitConfirmed();
            ownVote.set(8);
            assertFalse(asker.isConfirmed());
            assertTrue(asker.isDenied());
        } finally {
            CloseHelper.closeAll(one, other);
        }
    }

    /** Members that the test speaks for. */
    @Test
    void shouldCountEachMemberOnceAndOnlyForItsQuestion() throws IOException {
        ByteBuffer message = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        try (DatagramChannel peer = DatagramChannel.open().bind(members.get(1).peers())) {
            asker.ask(1, 7);
            SocketAddress from = receive(peer, message);
            assertEquals(1, message.getLong(16));
            asker.ask(2, 7);
            receive(peer, message);
            assertEquals(2, message.getLong(16));
            long nonce = message.getLong(8);
            // Of the round before; of another start; of nobody; of the asker; too short; twice the same.
            answer(peer, from, message, nonce, 1, 1, 40);
            answer(peer, from, message, nonce + 1, 2, 1, 40);
            answer(peer, from, message, nonce, 2, 9, 40);
            answer(peer, from, message, nonce, 2, 0, 40);
            answer(peer, from, message, nonce, 2, 2, 39);
            answer(peer, from, message, nonce, 2, 4, 41);
            answer(peer, from, message, nonce, 2, 1, 40);
            answer(peer, from, message, nonce, 2, 1, 40);
            awaitAllReceived(peer, from, message);
            assertFalse(asker.isConfirmed());
            answer(peer, from, message, nonce, 2, 3, 40);
            awaitConfirmed();
        }
    }

    private static SocketAddress receive(DatagramChannel peer, ByteBuffer message) throws IOException {
        message.clear();
        SocketAddress from = peer.receive(message);
        message.flip();
        return from;
    }

    private static void answer(
            DatagramChannel peer, SocketAddress to, ByteBuffer message, long nonce, long number, int member, int length)
            throws IOException {
        message.clear();
        message.putInt(4, ANSWER).putLong(8, nonce).putLong(16, number).putInt(24, member);
        message.putLong(32, 7);
        send(peer, message, length, to);
    }

    /** With the tag of all that is sent. */
    private static void send(DatagramChannel peer, ByteBuffer message, int length, SocketAddress to)
            throws IOException {
        peer.send(TestSite.KEY.newSeal().sign(message.limit(length)), to);
    }

    /** Datagrams of one socket to another on loopback stay in order, and one thread receives: an answer to a question ends it. */
    private static void awaitAllReceived(DatagramChannel peer, SocketAddress to, ByteBuffer message)
            throws IOException {
        message.clear();
        message.putInt(4, ASK).putLong(8, 99).putLong(16, 5);
        send(peer, message, 40, to);
        receive(peer, message);
        assertEquals(ANSWER, message.getInt(4));
        assertEquals(99, message.getLong(8));
        assertEquals(5, message.getLong(16));
        assertEquals(0, message.getInt(24));
        assertEquals(7, message.getLong(32));
    }
}
