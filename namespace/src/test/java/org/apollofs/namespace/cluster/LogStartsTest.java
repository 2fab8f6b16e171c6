package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Member 0 of three asks where the others' logs begin. */
@Timeout(60)
class LogStartsTest {
    private final List<MemberAddress> members = TestCluster.addresses(3);

    private NamespaceMemberContext member(int id) {
        return new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(Path.of("unused"))
                .memberId(id)
                .members(members)
                .driverContext(new MediaDriver.Context())
                .threadFactory(TestSite::daemon)
                .failureHandler(failure -> {})
                .conclude();
    }

    private TermQuorum answering(int id, MemberStatus.Role role, long logStart) {
        return new TermQuorum(member(id), new FixedState(() -> 7, role.code(), logStart), () -> {});
    }

    @Test
    void shouldGoByTheLeader() {
        TermQuorum follower = answering(1, MemberStatus.Role.FOLLOWER, 64 << 20);
        TermQuorum leader = answering(2, MemberStatus.Role.LEADER, 4096);
        try (LogStarts starts = new LogStarts(member(0), false)) {
            starts.await(TimeUnit.SECONDS.toNanos(50));
            assertEquals(4096, starts.ofLeader());
        } finally {
            follower.close();
            leader.close();
        }
    }

    @Test
    void shouldGoOnWhereNobodyLeads() {
        TermQuorum follower = answering(1, MemberStatus.Role.FOLLOWER, 4096);
        try (LogStarts starts = new LogStarts(member(0), false)) {
            starts.await(TimeUnit.MILLISECONDS.toNanos(300));
            assertTrue(starts.poll());
            assertEquals(0, starts.ofLeader());
        } finally {
            follower.close();
        }
    }

    /** A member that the test speaks for. */
    @Test
    void shouldBelieveAnswersToItsOwnQuestionOnly() throws IOException {
        ByteBuffer message = PeerMessage.allocate();
        PeerSeal seal = TestSite.KEY.newSeal();
        try (DatagramChannel peer = DatagramChannel.open().bind(members.get(1).peers());
                LogStarts starts = new LogStarts(member(0), false)) {
            starts.poll();
            SocketAddress from = peer.receive(message);
            message.flip();
            assertTrue(PeerMessage.isMessage(message, seal));
            assertEquals(PeerMessage.ASK_LOG, PeerMessage.type(message));
            long nonce = PeerMessage.nonce(message);
            int leads = MemberStatus.Role.LEADER.code();
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce + 1, 0, 1, leads, 40)), from);
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.VOTE, nonce, 0, 1, leads, 40)), from);
            // Of nobody; of the one that asks; of one that does not lead; too short.
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 9, leads, 40)), from);
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 0, leads, 40)), from);
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 1, 0, 40)), from);
            seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 1, leads, 40));
            peer.send(message.limit(message.limit() - 1), from);
            // Of one without the key.
            ByteBuffer forged = PeerMessage.allocate();
            PeerSeal foreign = PeerKey.of(new byte[32], "another").newSeal();
            peer.send(foreign.sign(PeerMessage.put(forged, PeerMessage.LOG_START, nonce, 0, 1, leads, 40)), from);
            peer.send(seal.sign(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 1, leads, 4)), from);
            while (starts.ofLeader() == 0 && !Thread.interrupted()) {
                starts.poll();
            }
            assertEquals(4, starts.ofLeader());
        }
    }

    @Test
    void shouldSayHowMembersAre() throws IOException {
        int flags = MemberStatus.Role.LEADER.code() | PeerMessage.SPACE_LOW;
        TermQuorum one = new TermQuorum(member(1), new FixedState(() -> 7, flags, 4096), () -> {});
        try (RollCall joining = new RollCall(member(2))) {
            Thread hears = TestSite.daemon(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    try {
                        joining.poll(false);
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            hears.start();
            List<MemberStatus> found = MemberSurvey.ask(members, TestSite.KEY, TimeUnit.SECONDS.toNanos(2));
            hears.interrupt();
            assertEquals(
                    List.of(
                            new MemberStatus(
                                    members.get(1), MemberStatus.Role.LEADER, false, true, 123_456, 7, 4096, 3),
                            new MemberStatus(members.get(2), MemberStatus.Role.JOINING, false, false, 0, -1, 0, 0)),
                    found);
        } finally {
            one.close();
        }
    }
}
