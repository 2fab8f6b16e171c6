package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client by itself: other processes, other channels, back-pressure, deadlines, leases. */
@Timeout(60)
class ClusterClientTest {
    private static final long HOUR_NS = TimeUnit.HOURS.toNanos(1);

    @TempDir
    Path directory;

    @Test
    void shouldServeAnotherProcess() throws Exception {
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            Process process =
                    JavaProcess.start(ClientProcess.class, site.member().aeronDirectory(), "run1/latest", "1000");
            assertTrue(process.waitFor(50, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
            byte[] value = namespace.keyValue().get("run1/latest").orElseThrow().value();
            assertEquals("1000", new String(value, UTF_8));
        }
    }

    private NamespaceMember launch(
            List<MemberAddress> members, AttentiveIdle idle, AtomicReference<Throwable> failure) {
        return NamespaceMember.launch(new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(directory)
                .members(members)
                .driverContext(TestSite.driver(directory, idle))
                .idle(idle)
                .threadFactory(TestSite::daemon)
                .failureHandler(failure::set));
    }

    private static ClusterNamespace connect(MediaDriver driver, List<MemberAddress> members, AttentiveIdle idle) {
        return ClusterNamespace.connect(new ClusterClientContext()
                .aeronDirectory(driver.aeronDirectoryName())
                .members(members)
                .idle(idle)
                .leaseNs(HOUR_NS)
                .deadlineNs(HOUR_NS)
                .threadFactory(TestSite::daemon));
    }

    @Test
    void shouldServeOverUdp() throws Exception {
        List<MemberAddress> members = TestCluster.addresses(1);
        AttentiveIdle idle = new AttentiveIdle();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (NamespaceMember member = launch(members, idle, failure);
                MediaDriver driver = MediaDriver.launch(TestSite.driver(directory.resolve("client"), idle));
                ClusterNamespace namespace = connect(driver, members, idle)) {
            byte[] value = new byte[60_000];
            value[59_999] = 7;
            namespace.keyValue().put("large", value, KeyValue.ABSENT);
            assertEquals(7, namespace.keyValue().get("large").orElseThrow().value()[59_999]);
            assertNotNull(member.reads().lookup(Inode.ROOT, "large".getBytes(UTF_8)));
        }
        assertNull(failure.get());
    }

    /** The next one takes the streams up where they are, and says nothing to connections that it does not know. */
    @Test
    @SuppressWarnings("try") // The member closes and starts again beside its client.
    void shouldFindAMemberThatWasStartedAnewWhereItsDriverNoticesNothing() {
        List<MemberAddress> members = TestCluster.addresses(1);
        AttentiveIdle idle = new AttentiveIdle();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        MediaDriver.Context blind = TestSite.driver(directory.resolve("client"), idle)
                .imageLivenessTimeoutNs(HOUR_NS)
                .publicationConnectionTimeoutNs(HOUR_NS);
        NamespaceMember first = launch(members, idle, failure);
        try (MediaDriver driver = MediaDriver.launch(blind);
                ClusterNamespace namespace = connect(driver, members, idle)) {
            long version = namespace.keyValue().put("k", new byte[1], KeyValue.ABSENT);
            first.abort();
            try (NamespaceMember second = launch(members, idle, failure)) {
                // On the version of the one before: it is applied once, however often it was sent.
                namespace.keyValue().put("k", new byte[2], version);
                assertEquals(2, namespace.keyValue().get("k").orElseThrow().value().length);
                namespace.close();
            }
        } finally {
            first.abort();
        }
        assertNull(failure.get());
    }

    @Test
    void shouldMakeCallersWaitWhereThereAreTooMany() throws Exception {
        try (TestSite site = new TestSite(directory);
                ClusterNamespace namespace = ClusterNamespace.connect(ClusterClientContext.beside(site.member())
                        .maxInFlight(2)
                        .threadFactory(TestSite::daemon))) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                String key = "k" + i;
                Thread thread = TestSite.daemon(() -> {
                    try {
                        for (int j = 0; j < 20; j++) {
                            namespace.keyValue().put(key, ("v" + j).getBytes(UTF_8), KeyValue.ANY_VERSION);
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertNull(failure.get(), () -> failure.get().toString());
            for (int i = 0; i < 16; i++) {
                byte[] value = namespace.keyValue().get("k" + i).orElseThrow().value();
                assertEquals("v19", new String(value, UTF_8));
            }
        }
    }

    @Test
    @SuppressWarnings("try") // The client closes after the member here.
    void shouldGiveUpAtTheDeadline() {
        AttentiveIdle idle = new AttentiveIdle();
        try (MediaDriver driver = MediaDriver.launch(TestSite.driver(directory, idle))) {
            TestSite site = new TestSite(directory, 1, driver.aeronDirectoryName());
            try (ClusterNamespace namespace = ClusterNamespace.connect(new ClusterClientContext()
                    .aeronDirectory(driver.aeronDirectoryName())
                    .deadlineNs(TimeUnit.SECONDS.toNanos(1))
                    .threadFactory(TestSite::daemon))) {
                namespace.keyValue().put("k", new byte[1], KeyValue.ANY_VERSION);
                site.abort();
                NamespaceException thrown = assertThrows(
                        NamespaceException.class,
                        () -> namespace.keyValue().put("k", new byte[2], KeyValue.ANY_VERSION));
                assertTrue(
                        thrown.error() == NamespaceError.TIMEOUT || thrown.error() == NamespaceError.UNAVAILABLE,
                        thrown.getMessage());
            }
        }
    }

    @Test
    void shouldSayThatTheMemberFailed() {
        TestSite site = new TestSite(directory);
        try (ClusterNamespace namespace = ClusterNamespace.connect(ClusterClientContext.beside(site.member())
                .reads(null)
                .deadlineNs(TimeUnit.SECONDS.toNanos(1))
                .threadFactory(TestSite::daemon))) {
            // As good as any fault of the state machine: it cannot apply what comes next.
            site.member().state().close();
            assertThrows(
                    NamespaceException.class, () -> namespace.keyValue().put("k", new byte[1], KeyValue.ANY_VERSION));
            assertFalse(site.member().takeSnapshot());
        }
        AssertionError failed = assertThrows(AssertionError.class, site::close);
        assertNotNull(failed.getCause());
    }

    @Test
    void shouldRefuseCallsWhenClosed() {
        try (TestSite site = new TestSite(directory)) {
            ClusterNamespace namespace = site.connect();
            namespace.close();
            namespace.close();
            NamespaceException thrown = assertThrows(
                    NamespaceException.class, () -> namespace.create(Inode.ROOT, "f".getBytes(UTF_8), 0644, 0, 0));
            assertEquals(NamespaceError.UNAVAILABLE, thrown.error());
        }
    }

    @Test
    void shouldRunOnTheCallersThread() {
        try (TestSite site = new TestSite(directory);
                ClusterNamespace namespace = ClusterNamespace.connect(ClusterClientContext.beside(site.member()))) {
            AgentInvoker invoker = new AgentInvoker(
                    e -> {
                        throw new AssertionError(e);
                    },
                    null,
                    namespace.agent());
            invoker.start();
            Thread caller = TestSite.daemon(() -> namespace.keyValue().put("k", new byte[3], KeyValue.ABSENT));
            caller.start();
            while (caller.isAlive()) {
                invoker.invoke();
            }
            assertEquals(3, namespace.keyValue().get("k").orElseThrow().inode().size());
            // Ends the agent first: then the session ends by its lease.
            invoker.close();
        }
    }

    @Test
    void shouldEndTheLeaseOfAKilledSession() {
        TestSite killed = new TestSite(directory);
        ClusterNamespace namespace = ClusterNamespace.connect(
                ClusterClientContext.beside(killed.member()).leaseNs(TimeUnit.SECONDS.toNanos(2)));
        AgentRunner runner = new AgentRunner(
                new SleepingMillisIdleStrategy(1),
                e -> {
                    throw new AssertionError(e);
                },
                null,
                namespace.agent());
        AgentRunner.startOnThread(runner, TestSite::daemon);
        byte[] name = "f".getBytes(UTF_8);
        long file = namespace.create(Inode.ROOT, name, 0644, 0, 0).id();
        namespace.unlink(Inode.ROOT, name, true);
        // The client goes too: it would find the next driver, which has the same folder, and keep its session.
        runner.close();
        killed.abort();
        try (TestSite site = new TestSite(directory);
                Namespace other = site.connect()) {
            assertFalse(other.session() == namespace.session());
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (other.getAttributes(file) != null) {
                assertTrue(System.nanoTime() < deadline, "the lease does not end");
                Thread.onSpinWait();
            }
            assertEquals(1, other.inodeCount());
            assertEquals(1, site.member().state().sessionCount());
        }
    }
}
