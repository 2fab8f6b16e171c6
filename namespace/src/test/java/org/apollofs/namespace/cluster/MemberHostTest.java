package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.status.SystemCounterDescriptor;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of a member end under load, and are started again in the process: nothing is lost, told wrong, or applied twice. */
@Timeout(120)
class MemberHostTest {
    private static final int THREADS = 4;
    private static final int SOME = 20;
    private static final int MEMORY = 32 << 20;

    @TempDir
    Path directory;

    private final AttentiveIdle idle = new AttentiveIdle();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile MediaDriver driver;
    private int drivers;
    private MemberHost host;

    @BeforeEach
    void launch() {
        driver = newDriver();
        host = MemberHost.launch(
                this::member, this::directory, TestSite::daemon, failure::set, line -> {}, () -> false);
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(host, driver);
    }

    private MediaDriver newDriver() {
        return MediaDriver.launch(
                MemberDriver.ofMember(directory.resolve("driver-" + drivers++), idle, TestSite::daemon));
    }

    private String directory() {
        MediaDriver now = driver;
        return now == null ? null : now.aeronDirectoryName();
    }

    private NamespaceMember member(String aeronDirectory, Consumer<Throwable> onFailure) {
        return NamespaceMember.launch(new NamespaceMemberContext()
                .directory(directory.resolve("member"))
                .aeronDirectory(aeronDirectory)
                .idle(idle)
                .threadFactory(TestSite::daemon)
                .failureHandler(onFailure)
                .logTermLength(1 << 20)
                .segmentFileLength(1 << 20)
                .mapLength(MEMORY / 2)
                .memoryLength(MEMORY));
    }

    private ClusterNamespace connect() {
        return ClusterNamespace.connect(ClusterClientContext.beside(host)
                .deadlineNs(TimeUnit.SECONDS.toNanos(100))
                .threadFactory(TestSite::daemon));
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Ends a part as its driver does that takes it for gone: it lives, and says so twice a second. */
    private void end(String name, BooleanSupplier hasEnded) {
        try (DriverClients clients = new DriverClients(directory())) {
            await(() -> {
                clients.end(label -> label.contains(name));
                return hasEnded.getAsBoolean();
            });
        }
    }

    private long evictions() {
        return driver.context()
                .systemCounters()
                .get(SystemCounterDescriptor.CLIENT_TIMEOUTS)
                .get();
    }

    @ParameterizedTest
    @ValueSource(strings = {"name=archive ", "name=consensus-module", "name=namespace-service", "name=namespace-reads"})
    void shouldStartAgainWhenAPartEnds(String part) throws Exception {
        try (ClusterNamespace namespace = connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            load.awaitMore(SOME);
            long session = namespace.session();
            end(part, () -> host.starts() > 1);
            load.awaitMore(SOME);
            load.stop();
            load.check(namespace);
            assertEquals(session, namespace.session());
            assertNull(failure.get());
        }
    }

    @Test
    void shouldGoOnWhenItsClientEnds() throws Exception {
        try (ClusterNamespace namespace = connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            load.awaitMore(SOME);
            end("name=namespace-client", () -> evictions() > 0);
            load.awaitMore(SOME);
            load.stop();
            load.check(namespace);
            assertEquals(1, host.starts());
        }
    }

    @Test
    void shouldGoOnWithAnotherDriver() throws Exception {
        try (ClusterNamespace namespace = connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            load.awaitMore(SOME);
            MediaDriver old = driver;
            driver = null;
            old.close();
            await(() ->
                    host.starts() > 1 || failure.get() != null || !host.member().isLeader());
            driver = newDriver();
            load.awaitMore(SOME);
            load.stop();
            load.check(namespace);
            assertTrue(host.starts() > 1);
            assertNull(failure.get());
        }
    }

    @Test
    void shouldReadWhatWasAcknowledgedWhileItIsStartedAgain() {
        try (ClusterNamespace namespace = connect()) {
            KeyValue keys = namespace.keyValue();
            for (int i = 1; i <= 30; i++) {
                long version = keys.put("k", new byte[] {(byte) i}, KeyValue.ANY_VERSION);
                if (i % 10 == 0) {
                    int before = host.starts();
                    // Before it is noticed, while it is started, and after.
                    end("name=consensus-module", () -> {
                        assertEquals(version, keys.get("k").orElseThrow().version());
                        return host.starts() > before;
                    });
                }
                assertEquals(version, keys.get("k").orElseThrow().version());
            }
        }
    }

    @Test
    void shouldTellWhatAStartCannotMend() {
        assertFalse(MemberFailure.of(new PartEndedException("gone", null), directory) instanceof IllegalStateException);
        Throwable disk = new java.io.IOException("Input/output error");
        assertEquals(disk, MemberFailure.of(new PartEndedException("gone", disk), directory));
        Throwable memory = new InternalError("a fault occurred in an unsafe memory access operation");
        assertEquals(memory, MemberFailure.of(new PartEndedException("gone", memory), directory));
        Throwable network = new java.net.SocketException("Network is unreachable");
        assertTrue(MemberFailure.of(new PartEndedException("gone", network), directory) instanceof PartEndedException);
        assertNotNull(MemberFailure.of(network, directory));
    }

    /** The tables do not fit in memory any more: the member starts again with them on the disk, and once more from the snapshot. */
    @Test
    void shouldGoOnWithTablesOnTheDisk() {
        int length = 50_000;
        int count = 2 * MEMORY / length;
        try (ClusterNamespace namespace = connect()) {
            for (int i = 0; i < count; i++) {
                byte[] value = new byte[length];
                value[i % length] = 1;
                namespace.keyValue().put("k" + i, value, KeyValue.ANY_VERSION);
            }
            assertEquals(2, host.starts());
            for (int i = 0; i < count; i++) {
                byte[] value = namespace.keyValue().get("k" + i).orElseThrow().value();
                assertEquals(length, value.length);
                assertEquals(1, value[i % length]);
            }
        }
        assertNull(failure.get());
    }
}
