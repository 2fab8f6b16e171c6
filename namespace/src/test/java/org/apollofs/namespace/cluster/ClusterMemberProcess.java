package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One member of a cluster, as a process. Arguments: folder, number of this member, first ports of all (by comma), sync level,
 * then {@code key=value} settings: {@code term}, {@code segment}, {@code snapshot} (bytes of log), {@code leaderTimeoutMs},
 * {@code marked} (with a mark beside the folder), {@code discarding}. Stops in order when its standard
 * input ends.
 */
public final class ClusterMemberProcess {
    private ClusterMemberProcess() {}

    public static void main(String[] arguments) throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        Path directory = Path.of(arguments[0]);
        AttentiveIdle idle = new AttentiveIdle();
        int basePort =
                addresses(arguments[2]).get(Integer.parseInt(arguments[1])).basePort();
        MediaDriver driver =
                MediaDriver.launch(FaultyLinks.apply(TestSite.driver(directory, idle), directory, basePort));
        MemberHost host = launch(arguments, idle, driver, failed);
        TestSite.daemon(() -> {
                    try {
                        failed.await();
                        Runtime.getRuntime().halt(1);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                })
                .start();
        if (Boolean.getBoolean("apollo.trace")) {
            trace(host, Integer.parseInt(arguments[1]));
        }
        System.out.println("started");
        System.out.flush();
        while (System.in.read() >= 0) {
            // Until the parent closes it, or is gone.
        }
        host.close();
        driver.close();
        System.exit(0);
    }

    /** Starts the member; a process whose member cannot start ends. */
    private static MemberHost launch(
            String[] arguments, AttentiveIdle idle, MediaDriver driver, CountDownLatch failed) {
        try {
            return MemberHost.launch(
                    (aeronDirectory, onFailure) -> NamespaceMember.launch(
                            context(arguments, idle, onFailure).aeronDirectory(aeronDirectory)),
                    DriverSource.of(driver.aeronDirectoryName()),
                    TestSite::daemon,
                    failure -> {
                        failure.printStackTrace();
                        failed.countDown();
                    },
                    System.err::println,
                    () -> false);
        } catch (RuntimeException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            throw e;
        }
    }

    /** Prints elections to standard error. */
    private static void trace(MemberHost host, int id) {
        TestSite.daemon(() -> {
                    String last = "";
                    while (true) {
                        String now = host.member().describe();
                        if (!now.equals(last)) {
                            System.err.println(java.time.Instant.now() + " member " + id + ": " + now);
                            last = now;
                        }
                        java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
                    }
                })
                .start();
    }

    private static NamespaceMemberContext context(
            String[] arguments, AttentiveIdle idle, Consumer<Throwable> onFailure) {
        Path directory = Path.of(arguments[0]);
        int member = Integer.parseInt(arguments[1]);
        List<MemberAddress> members = addresses(arguments[2]);
        NamespaceMemberContext ctx = new NamespaceMemberContext()
                .peerKey(TestSite.KEY)
                .directory(directory)
                .memberId(member)
                .members(members)
                .fileSyncLevel(Integer.parseInt(arguments[3]))
                .idle(idle)
                .threadFactory(TestSite::daemon)
                .failureHandler(onFailure)
                .mapLength(16 << 20)
                .leaderTimeoutNs(TimeUnit.SECONDS.toNanos(1));
        for (int i = 4; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            apply(ctx, arguments[i].substring(0, equals), Long.parseLong(arguments[i].substring(equals + 1)));
        }
        return ctx;
    }

    private static void apply(NamespaceMemberContext ctx, String key, long value) {
        switch (key) {
            case "term" -> ctx.logTermLength((int) value);
            case "segment" -> ctx.segmentFileLength((int) value);
            case "snapshot" -> ctx.snapshotLogLength(value);
            case "marked" -> ctx.markFile(Path.of(ctx.directory() + ".mark"));
            case "discarding" -> ctx.discard(value != 0);
            case "leaderTimeoutMs" -> ctx.leaderTimeoutNs(TimeUnit.MILLISECONDS.toNanos(value));
            default -> throw new IllegalArgumentException("unknown setting: " + key);
        }
    }

    private static List<MemberAddress> addresses(String ports) {
        List<MemberAddress> members = new ArrayList<>();
        for (String port : ports.split(",", -1)) {
            members.add(new MemberAddress(members.size(), "127.0.0.1", Integer.parseInt(port)));
        }
        return members;
    }
}
