package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads of a cluster of three members in this process, and by which way they are known to be new. */
@Timeout(120)
class ReadMarksTest {
    @TempDir
    Path directory;

    private final List<NamespaceMember> members = new ArrayList<>();
    private final AttentiveIdle idle = new AttentiveIdle(3);
    private MediaDriver driver;
    private ClusterNamespace namespace;

    @BeforeEach
    void launch() throws InterruptedException {
        List<MemberAddress> addresses = TestCluster.addresses(3);
        List<Thread> launches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            NamespaceMemberContext ctx = member(addresses, i);
            // Each waits for the others.
            Thread launch = TestSite.daemon(() -> {
                NamespaceMember member = NamespaceMember.launch(ctx);
                synchronized (members) {
                    members.add(member);
                }
            });
            launches.add(launch);
            launch.start();
        }
        for (Thread launch : launches) {
            launch.join();
        }
        driver = MediaDriver.launch(TestSite.driver(directory.resolve("client"), idle));
        namespace = ClusterNamespace.connect(new ClusterClientContext()
                .aeronDirectory(driver.aeronDirectoryName())
                .members(addresses)
                .idle(idle)
                .threadFactory(TestSite::daemon));
    }

    private NamespaceMemberContext member(List<MemberAddress> addresses, int id) {
        Path folder = directory.resolve(Integer.toString(id));
        return new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(folder)
                .memberId(id)
                .members(addresses)
                .fileSyncLevel(0)
                .driverContext(TestSite.driver(folder, idle))
                .idle(idle)
                .threadFactory(TestSite::daemon)
                .failureHandler(Throwable::printStackTrace)
                .mapLength(16 << 20)
                .leaderTimeoutNs(TimeUnit.SECONDS.toNanos(2));
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(namespace, driver);
        CloseHelper.closeAll(members);
    }

    private long confirmations() {
        return members.stream()
                .mapToLong(member -> member.counters().readConfirmations.sum())
                .sum();
    }

    private long barriers() {
        return members.stream()
                .mapToLong(member -> member.counters().readBarriers.sum())
                .sum();
    }

    private void putAndGet(int count) {
        KeyValue keys = namespace.keyValue();
        for (int i = 0; i < count; i++) {
            byte[] value = Integer.toString(i).getBytes(UTF_8);
            keys.put("k", value, KeyValue.ANY_VERSION);
            assertArrayEquals(value, keys.get("k").orElseThrow().value());
        }
    }

    @Test
    void shouldAskTheOtherMembersAndNotTheLog() {
        putAndGet(1);
        long before = confirmations();
        putAndGet(100);
        assertTrue(confirmations() - before >= 90, "confirmations=" + confirmations() + ", barriers=" + barriers());
    }

    @Test
    void shouldPutABarrierIntoTheLogWhereTheOthersDoNotAnswer() {
        putAndGet(1);
        members.stream().filter(member -> !member.isLeader()).forEach(NamespaceMember::stopConfirming);
        long before = barriers();
        putAndGet(20);
        assertTrue(barriers() > before);
        members.stream().filter(NamespaceMember::isLeader).forEach(NamespaceMember::stopConfirming);
        putAndGet(20);
    }

    @Test
    void shouldPutABarrierIntoTheLogWhereItsEndIsNotReached() {
        putAndGet(1);
        members.stream()
                .filter(NamespaceMember::isLeader)
                .forEach(member -> member.marks().misreadEnd(1L << 40));
        long before = barriers();
        putAndGet(20);
        assertTrue(barriers() > before);
    }
}
