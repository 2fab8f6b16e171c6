package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealKey;

/** A site for tests: one member with a media driver of its own, all threads daemons. */
final class TestSite implements AutoCloseable {
    static final PeerKey KEY = PeerKey.of(new byte[32], "test");

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AttentiveIdle idle = new AttentiveIdle();
    private final NamespaceMember member;

    TestSite(Path directory) {
        this(directory, 1);
    }

    TestSite(Path directory, int fileSyncLevel) {
        this(directory, fileSyncLevel, null);
    }

    /** @param aeronDirectory of a driver that runs already, or null to launch one. */
    TestSite(Path directory, int fileSyncLevel, String aeronDirectory) {
        this(directory, fileSyncLevel, aeronDirectory, ctx -> {});
    }

    TestSite(Path directory, int fileSyncLevel, String aeronDirectory, Consumer<NamespaceMemberContext> settings) {
        NamespaceMemberContext ctx = new NamespaceMemberContext()
                .directory(directory)
                .fileSyncLevel(fileSyncLevel)
                .idle(idle)
                .threadFactory(TestSite::daemon)
                .failureHandler(failure::set)
                .logTermLength(16 << 20)
                .segmentFileLength(32 << 20)
                .mapLength(16 << 20);
        if (aeronDirectory == null) {
            ctx.driverContext(driver(directory, idle));
        } else {
            ctx.aeronDirectory(aeronDirectory);
        }
        settings.accept(ctx);
        member = NamespaceMember.launch(ctx);
    }

    /** All members and clients of tests have one key. */
    static DatagramSeal newSeal() {
        return new DatagramSeal(SealKey.of(new byte[32], "test"));
    }

    static MediaDriver.Context driver(Path directory, AttentiveIdle idle) {
        return newSeal().install(MemberDriver.ofMember(directory.resolve("driver"), idle, TestSite::daemon));
    }

    static Thread daemon(Runnable runnable) {
        Thread thread = new Thread(runnable);
        thread.setDaemon(true);
        return thread;
    }

    NamespaceMember member() {
        return member;
    }

    /** A client in this process, with reads from the tables. */
    ClusterNamespace connect() {
        return ClusterNamespace.connect(ClusterClientContext.beside(member).threadFactory(TestSite::daemon));
    }

    /** A client that asks the member, as in another process. */
    ClusterNamespace connectRemotely() {
        return ClusterNamespace.connect(
                ClusterClientContext.beside(member).reads(null).threadFactory(TestSite::daemon));
    }

    /** A client whose reads take their place in the log. */
    ClusterNamespace connectThroughTheLog() {
        return ClusterNamespace.connect(
                ClusterClientContext.beside(member).readsInLog().threadFactory(TestSite::daemon));
    }

    void assertSound() {
        if (failure.get() != null) {
            throw new AssertionError("the member failed", failure.get());
        }
    }

    @Override
    public void close() {
        member.close();
        assertSound();
    }

    /** Leaves as a crash does. */
    void abort() {
        member.abort();
    }
}
