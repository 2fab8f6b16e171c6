package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.archive.checksum.Checksums;
import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members with empty folders, and what they make of that. */
@Timeout(60)
class RollCallTest {
    @TempDir
    Path directory;

    private NamespaceMemberContext member(List<MemberAddress> members, int id) {
        return new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(directory.resolve(Integer.toString(id)))
                .memberId(id)
                .members(members)
                .driverContext(new MediaDriver.Context())
                .threadFactory(TestSite::daemon)
                .failureHandler(failure -> {})
                .conclude();
    }

    @Test
    void shouldEndWhenAllHaveHeardAll() throws IOException {
        List<MemberAddress> members = TestCluster.addresses(3);
        List<RollCall> calls = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                calls.add(new RollCall(member(members, i)));
            }
            boolean[] ended = new boolean[3];
            while (!(ended[0] && ended[1] && ended[2])) {
                for (int i = 0; i < 3; i++) {
                    ended[i] |= calls.get(i).poll(true);
                }
            }
        } finally {
            for (RollCall call : calls) {
                call.close();
            }
        }
    }

    @Test
    void shouldNotEndWhereAMemberIsSilent() throws IOException {
        List<MemberAddress> members = TestCluster.addresses(3);
        try (RollCall one = new RollCall(member(members, 0));
                RollCall other = new RollCall(member(members, 2))) {
            long end = System.nanoTime() + 500_000_000L;
            while (System.nanoTime() - end < 0) {
                assertFalse(one.poll(true));
                assertFalse(other.poll(true));
            }
        }
    }

    /** What member 1 has said at the first start of all, and what somebody says who has not the key. */
    @Test
    void shouldNotCountWhatWasSaidBeforeItsStartOrByAStranger() throws IOException {
        List<MemberAddress> members = TestCluster.addresses(3);
        PeerSeal seal = TestSite.KEY.newSeal();
        PeerSeal foreign = PeerKey.of(new byte[32], "another").newSeal();
        ByteBuffer words = RollCallMessage.allocate();
        try (RollCall call = new RollCall(member(members, 0));
                DatagramChannel one = DatagramChannel.open().bind(members.get(1).peers());
                DatagramChannel two = DatagramChannel.open().bind(members.get(2).peers())) {
            call.poll(true);
            words.clear();
            one.receive(words);
            long nonce = RollCallMessage.nonce(words.flip());
            for (long stale : new long[] {0, nonce + 1}) {
                one.send(
                        seal.sign(RollCallMessage.put(words, 1, true, 5, stale)),
                        members.get(0).peers());
                two.send(
                        seal.sign(RollCallMessage.put(words, 2, true, 6, stale)),
                        members.get(0).peers());
            }
            one.send(
                    foreign.sign(RollCallMessage.put(words, 1, true, 5, nonce)),
                    members.get(0).peers());
            two.send(
                    foreign.sign(RollCallMessage.put(words, 2, true, 6, nonce)),
                    members.get(0).peers());
            // Of one socket in order: once this is heard, so was what came before.
            one.send(
                    seal.sign(RollCallMessage.put(words, 1, false, 5, nonce)),
                    members.get(0).peers());
            one.configureBlocking(false);
            long echo = 0;
            while (echo != 5) {
                assertFalse(call.poll(true));
                words.clear();
                echo = one.receive(words) == null ? 0 : RollCallMessage.echo(words.flip());
            }
            one.send(
                    seal.sign(RollCallMessage.put(words, 1, true, 5, nonce)),
                    members.get(0).peers());
            two.send(
                    seal.sign(RollCallMessage.put(words, 2, true, 6, nonce)),
                    members.get(0).peers());
            while (!call.poll(true)) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void shouldBeginACopyAnewThatWasNotCompleted() throws IOException {
        MemberFolder folder = new MemberFolder(directory);
        assertEquals(0, folder.prepare(Checksums.crc32c(), List.of(0, 1, 2)).cuts());
        assertTrue(folder.isEmpty());
        folder.beginJoin();
        Files.writeString(folder.cluster().resolve("recording.log"), "a part of it");
        Files.writeString(folder.archive().resolve("0-0.rec"), "a part of it");
        assertFalse(folder.isEmpty());
        assertEquals(0, folder.prepare(Checksums.crc32c(), List.of(0, 1, 2)).cuts());
        assertTrue(folder.isEmpty());
        assertFalse(Files.exists(folder.archive().resolve("0-0.rec")));
    }

    @Test
    void shouldRememberItsVoteWhenItGivesItsLogUp() throws IOException {
        MemberFolder folder = new MemberFolder(directory);
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        Files.writeString(folder.cluster().resolve("recording.log"), "terms");
        Files.writeString(folder.cluster().resolve("node-state.dat"), "a vote");
        Files.writeString(folder.archive().resolve("0-0.rec"), "log");
        folder.giveUpLog();
        assertTrue(folder.hasFallenBehind());
        assertTrue(folder.isEmpty());
        assertFalse(Files.exists(folder.archive().resolve("0-0.rec")));
        // A crash in the middle of the copy.
        folder.beginJoin();
        Files.writeString(folder.cluster().resolve("recording.log"), "a part of it");
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        assertTrue(folder.hasFallenBehind());
        assertTrue(folder.isEmpty());
        assertEquals("a vote", Files.readString(folder.cluster().resolve("node-state.dat")));
        folder.beginJoin();
        folder.endJoin();
        assertFalse(folder.hasFallenBehind());
    }

    @Test
    void shouldPutALogAsideThatItGivesUp() throws IOException {
        MemberFolder folder = new MemberFolder(directory);
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        Path terms = folder.cluster().resolve("recording.log");
        Files.writeString(terms, "terms");
        Files.writeString(folder.archive().resolve("archive.catalog"), "log");
        // Killed after the first step, and after the first move.
        Files.writeString(directory.resolve("joining"), "moving\n");
        Files.createDirectory(directory.resolve("aside"));
        Files.move(folder.archive(), directory.resolve("aside").resolve("archive"));
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        assertTrue(folder.hasFallenBehind());
        assertTrue(folder.isEmpty());
        assertEquals("log", Files.readString(directory.resolve("aside/archive/archive.catalog")));
        assertEquals("terms", Files.readString(directory.resolve("aside/cluster/recording.log")));
        // A copy comes, and is cut short; what is aside stays.
        folder.beginJoin();
        Files.writeString(terms, "a part of it");
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        assertTrue(folder.isEmpty());
        assertEquals("terms", Files.readString(directory.resolve("aside/cluster/recording.log")));
        folder.beginJoin();
        Files.writeString(terms, "all of it");
        folder.endJoin();
        assertFalse(Files.exists(directory.resolve("aside")));
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        assertEquals("all of it", Files.readString(terms));
    }

    @Test
    void shouldRefuseOtherMembersThanThoseOfItsLog() throws IOException {
        MemberFolder folder = new MemberFolder(directory);
        folder.prepare(Checksums.crc32c(), List.of(0));
        // Nothing is in it yet.
        folder.prepare(Checksums.crc32c(), List.of(0, 1, 2));
        Files.writeString(folder.cluster().resolve("recording.log"), "terms");
        folder.prepare(Checksums.crc32c(), List.of(2, 1, 0));
        assertRefused(folder);
        folder.giveUpLog();
        assertRefused(folder);
    }

    private static void assertRefused(MemberFolder folder) {
        FolderRefusedException refused = assertThrows(
                FolderRefusedException.class, () -> folder.prepare(Checksums.crc32c(), List.of(0, 1, 2, 3, 4)));
        assertTrue(
                refused.getMessage().contains("its log has members 0,1,2, the profile 0,1,2,3,4"),
                refused.getMessage());
    }
}
