package org.apollofs.perf.kv;

import io.aeron.driver.MediaDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.MemberAddress;
import org.apollofs.namespace.cluster.MemberDriver;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.namespace.cluster.NamespaceMemberContext;
import org.apollofs.namespace.cluster.PeerKey;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealKey;

/**
 * What a member is started with, of the namespace or of the bare echo: the same driver, idle strategies and sync level for
 * both, so that the difference is the service.
 *
 * @param service what the member serves.
 * @param directory its folder.
 * @param aeronDirectory of the media driver that it launches.
 * @param memberId its number.
 * @param ports the first port of each member, on loopback.
 * @param syncLevel of the log.
 */
record MemberLaunch(
        Service service, Path directory, Path aeronDirectory, int memberId, List<Integer> ports, int syncLevel) {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    /** Nobody's: the seals cost what they cost in production. */
    private static final byte[] SECRET = new byte[32];

    private static final String SCOPE = "bench";

    /** What a cluster serves. */
    enum Service {
        APOLLO,
        ECHO
    }

    /** Starts it in this process. Closing it ends its driver. @param idle shared with clients in the process. */
    AutoCloseable start(AttentiveIdle idle) {
        MediaDriver.Context driver = driver(aeronDirectory, idle);
        if (service == Service.ECHO) {
            return EchoMember.launch(this, driver, idle);
        }
        return NamespaceMember.launch(new NamespaceMemberContext()
                .directory(directory)
                .memberId(memberId)
                .peerKey(PeerKey.of(SECRET, SCOPE))
                .members(addresses(ports))
                .driverContext(driver)
                .fileSyncLevel(syncLevel)
                .idle(idle)
                .threadFactory(threads("apollo"))
                .failureHandler(MemberLaunch::onFailure));
    }

    /** Where members with these first ports are. */
    static List<MemberAddress> addresses(List<Integer> ports) {
        List<MemberAddress> addresses = new ArrayList<>();
        for (int port : ports) {
            addresses.add(new MemberAddress(addresses.size(), "127.0.0.1", port));
        }
        return addresses;
    }

    private static void onFailure(Throwable failure) {
        failure.printStackTrace(); // NOPMD: the log of the process is its standard error
    }

    /** A media driver as members in production have it. */
    static MediaDriver.Context driver(Path aeronDirectory, AttentiveIdle idle) {
        return new DatagramSeal(SealKey.of(SECRET, SCOPE))
                .install(MemberDriver.ofMember(aeronDirectory, idle, threads("driver")));
    }

    /** Where a driver's buffers lie: in shared memory where there is room, else in a folder. */
    static Path driverDirectory(Path folder, String name) {
        boolean hasRoom =
                Files.isWritable(SHARED_MEMORY) && SHARED_MEMORY.toFile().getUsableSpace() > 2L << 30;
        String unique = "apollo-bench-" + ProcessHandle.current().pid() + "-" + name;
        return hasRoom ? SHARED_MEMORY.resolve(unique) : folder.resolve(name + "-driver");
    }

    /** Daemon threads, numbered. */
    static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return loop -> {
            Thread thread = new Thread(loop, name + "-" + count.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }
}
