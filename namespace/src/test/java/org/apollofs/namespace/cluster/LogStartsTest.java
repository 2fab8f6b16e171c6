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
                .directory(Path.of("unused"))
                .memberId(id)
                .members(members)
                .driverContext(new MediaDriver.Context())
                .threadFactory(TestSite::daemon)
                .failureHandler(failure -> {})
                .conclude();
    }

    private TermQuorum answering(int id, long logStart) {
        return new TermQuorum(member(id), new FixedState(() -> 1, logStart), () -> {});
    }

    @Test
    void shouldFindTheLatest() {
        TermQuorum one = answering(1, 64 << 20);
        TermQuorum other = answering(2, 0);
        try (LogStarts starts = new LogStarts(member(0), false)) {
            starts.await(TimeUnit.SECONDS.toNanos(50));
            assertEquals(64 << 20, starts.latest());
        } finally {
            one.close();
            other.close();
        }
    }

    @Test
    void shouldGoOnWhereSomeAreSilent() {
        TermQuorum one = answering(1, 4096);
        try (LogStarts starts = new LogStarts(member(0), false)) {
            while (starts.latest() == 0) {
                assertTrue(starts.poll());
            }
            starts.await(1);
            assertEquals(4096, starts.latest());
        } finally {
            one.close();
        }
    }

    /** A member that the test speaks for. */
    @Test
    void shouldBelieveAnswersToItsOwnQuestionOnly() throws IOException {
        ByteBuffer message = PeerMessage.allocate();
        try (DatagramChannel peer = DatagramChannel.open().bind(members.get(1).peers());
                LogStarts starts = new LogStarts(member(0), false)) {
            starts.poll();
            SocketAddress from = peer.receive(message);
            message.flip();
            assertTrue(PeerMessage.isMessage(message));
            assertEquals(PeerMessage.ASK_LOG, PeerMessage.type(message));
            long nonce = PeerMessage.nonce(message);
            peer.send(PeerMessage.put(message, PeerMessage.LOG_START, nonce + 1, 0, 1, 40), from);
            peer.send(PeerMessage.put(message, PeerMessage.VOTE, nonce, 0, 1, 40), from);
            peer.send(
                    PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 1, 40)
                            .limit(39),
                    from);
            peer.send(PeerMessage.put(message, PeerMessage.LOG_START, nonce, 0, 1, 4), from);
            while (starts.latest() == 0) {
                starts.poll();
            }
            assertEquals(4, starts.latest());
        }
    }

    @Test
    void shouldSayHowMembersAre() throws IOException {
        TermQuorum one = new TermQuorum(member(1), new FixedState(() -> 7, 4096), () -> {});
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
            List<MemberStatus> found = MemberSurvey.ask(members, TimeUnit.SECONDS.toNanos(2));
            hears.interrupt();
            assertEquals(
                    List.of(
                            new MemberStatus(members.get(1), MemberStatus.Role.LEADER, false, true, 123_456, 7, 4096),
                            new MemberStatus(members.get(2), MemberStatus.Role.JOINING, false, false, 0, -1, 0)),
                    found);
        } finally {
            one.close();
        }
    }
}
