package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.CloseHelper;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.MemberDriver;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.NamespaceProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile datagrams to every port of three members while a client puts: nothing ends, nothing grows, nothing is changed. More of
 * them: {@code -Dapollo.datagrams=100000}; others: {@code -Dapollo.seed=S}.
 */
@Timeout(600)
final class StrangersTest {
    private static final int DATAGRAMS = Integer.getInteger("apollo.datagrams", 2_000);
    private static final long MOST_GROWTH = 256L << 20;
    private static final long MOST_LOG = 64 << 10;

    @TempDir
    private Path dir;

    private final long seed = Long.getLong("apollo.seed", 20261129);
    private final Random random = new Random(seed);
    private final List<InetSocketAddress> ports = new ArrayList<>();
    private NamespaceMembers members;
    private HardwareProfile profile;

    @BeforeEach
    void startMembers() throws IOException {
        System.out.println("seed=" + seed);
        members = NamespaceMembers.start(dir);
        profile = ProfileLoader.load(members.profile().toString());
        for (NamespaceProfile.Member member : profile.namespace().members()) {
            for (int i = 0; i < NamespaceProfile.Member.PORTS; i++) {
                ports.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), member.port() + i));
            }
        }
    }

    @AfterEach
    void stopMembers() {
        members.close();
    }

    /** A client whose genuine datagrams are written down. */
    private final class Client implements AutoCloseable {
        private final RecordingSeal seal =
                new RecordingSeal(NamespaceKeys.of(profile).newSeal(), 512);
        private final MediaDriver driver;
        private final ClusterNamespace namespace;

        Client() {
            AttentiveIdle idle = new AttentiveIdle(3);
            driver = MediaDriver.launch(seal.install(
                    MemberDriver.ofClients(dir.resolve("driver"), idle, SiteNamespace.threads("test-driver"))));
            namespace = ClusterNamespace.connect(new ClusterClientContext()
                    .aeronDirectory(driver.aeronDirectoryName())
                    .members(SiteNamespace.addresses(profile.namespace()))
                    .idle(idle)
                    .connectTimeoutNs(TimeUnit.SECONDS.toNanos(120))
                    .deadlineNs(TimeUnit.SECONDS.toNanos(120))
                    .threadFactory(SiteNamespace.threads("test-client")));
        }

        void put(int number) {
            namespace.keyValue().put("k" + number % 100, value(number), KeyValue.ANY_VERSION);
        }

        @Override
        public void close() {
            CloseHelper.closeAll(namespace, driver);
        }
    }

    private static byte[] value(int number) {
        return ("value " + number).repeat(1 + number % 50).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldGoOnUnderHostileDatagrams() throws Exception {
        try (Client client = new Client();
                DatagramChannel socket = DatagramChannel.open()) {
            for (int i = 0; i < 300; i++) {
                client.put(i);
            }
            List<byte[]> genuine = client.seal.recorded();
            genuine.addAll(HostileDatagrams.wellFormed());
            assertTrue(genuine.size() > 100, "recorded=" + genuine.size());
            long[] before = members.residentBytes();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread attacker = new Thread(() -> attack(socket, genuine, failure), "attacker");
            attacker.start();
            int number = 300;
            while (attacker.isAlive() || number < 600) {
                client.put(number++);
            }
            attacker.join();
            if (failure.get() != null) {
                throw new AssertionError("the attack failed", failure.get());
            }
            members.assertAlive();
            for (int i = number - 100; i < number; i++) {
                String key = "k" + i % 100;
                assertEquals(
                        new String(value(i), StandardCharsets.UTF_8),
                        new String(
                                client.namespace
                                        .keyValue()
                                        .get(key)
                                        .orElseThrow()
                                        .value(),
                                StandardCharsets.UTF_8));
            }
            long[] after = members.residentBytes();
            for (int i = 0; i < after.length; i++) {
                assertTrue(
                        after[i] - before[i] < MOST_GROWTH,
                        "member " + i + " grew from " + before[i] + " to " + after[i]);
                assertTrue(Files.size(members.log(i)) < MOST_LOG, "log of member " + i);
            }
        }
        CliRun status = CliRun.of(
                "namespace", "status", "--json", "--profile", members.profile().toString());
        assertEquals(0, status.exitCode(), status.out());
        assertTrue(status.out().matches("(?s).*\"strangers\":[1-9].*"), status.out());
    }

    private void attack(DatagramChannel socket, List<byte[]> genuine, AtomicReference<Throwable> failure) {
        try {
            HostileDatagrams hostile = new HostileDatagrams(genuine, random);
            for (byte[] datagram : HostileDatagrams.wellFormed()) {
                for (InetSocketAddress port : ports) {
                    socket.send(ByteBuffer.wrap(datagram), port);
                }
            }
            for (int i = 0; i < DATAGRAMS; i++) {
                for (byte[] datagram : List.of(hostile.mutated(), hostile.random())) {
                    socket.send(ByteBuffer.wrap(datagram), ports.get(random.nextInt(ports.size())));
                }
            }
        } catch (IOException | RuntimeException e) {
            failure.set(e);
        }
    }

    @Test
    void shouldTellAClientWithAnotherSecret() throws IOException {
        try (Client client = new Client()) {
            client.put(1);
        }
        Path other = Files.createDirectory(dir.resolve("other"));
        assertEquals(
                0,
                CliRun.of("namespace", "secret", other.resolve("secret").toString())
                        .exitCode());
        Path profile = other.resolve("site.yaml");
        Files.copy(members.profile(), profile);
        CliRun put = CliRun.of("kv", "put", "k", "v", "--profile", profile.toString());
        assertEquals(ExitCode.PERMISSION.code(), put.exitCode(), put.err());
        assertTrue(put.err().startsWith("apollo: the namespace's members do not know this secret"), put.err());
        CliRun status = CliRun.of("namespace", "status", "--profile", profile.toString());
        assertEquals(ExitCode.UNAVAILABLE.code(), status.exitCode());
        assertTrue(status.out().contains("does not know this secret"), status.out());
    }
}
