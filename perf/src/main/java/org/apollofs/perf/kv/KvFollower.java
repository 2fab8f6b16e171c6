package org.apollofs.perf.kv;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.namespace.client.ChangeFollower;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.NamespaceMember;

/**
 * Follows the change log of a namespace on a thread of its own, over a client of its own, and counts what it sees. Gaps are a
 * failure.
 */
public final class KvFollower implements AutoCloseable {
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long POLL_NS = 200_000;

    private final ClusterNamespace namespace;
    private final ChangeFollower follower;
    private final Thread thread;
    private long expected;
    private volatile long seen;
    private volatile boolean isStopping;
    private volatile RuntimeException failure;

    private KvFollower(ClusterNamespace namespace, long from) {
        this.namespace = namespace;
        follower = namespace.changeLog().follow(from, "");
        expected = from;
        seen = from - 1;
        thread = new Thread(this::follow, "follower");
        thread.setDaemon(true);
    }

    /** Begins after the last change there is, or a number of changes before it. */
    static KvFollower start(KvCluster site, long behind) {
        ClusterClientContext context = new ClusterClientContext()
                .aeronDirectory(site.aeronDirectory().toString())
                .idle(site.idle())
                .threadFactory(MemberLaunch.threads("follower-client"));
        if (site.ingressEndpoints() != null) {
            context.members(site.members());
        }
        if (site.embedded() instanceof NamespaceMember member) {
            context.reads(member.reads());
        }
        ClusterNamespace namespace = ClusterNamespace.connect(context);
        KvFollower started = new KvFollower(
                namespace,
                Math.max(
                        namespace.changeLog().range().first(),
                        namespace.changeLog().range().last() + 1 - behind));
        started.thread.start();
        return started;
    }

    private void follow() {
        try {
            while (!isStopping) {
                follower.poll(
                        change -> {
                            if (change.sequence() != expected) {
                                throw new IllegalStateException("a gap in the change log: expected=" + expected
                                        + ", found=" + change.sequence());
                            }
                            expected++;
                        },
                        WAIT_NS);
                seen = expected - 1;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** Sequence of the last change that it has seen. */
    public long seen() {
        return seen;
    }

    /** Sequence of the last change there is. */
    public long last() {
        return namespace.changeLog().range().last();
    }

    /** Waits until it has seen a change. @return seconds that took. */
    public double await(long sequence, double mostSeconds) {
        long startNs = System.nanoTime();
        while (seen < sequence) {
            if (failure != null) {
                throw failure;
            }
            if ((System.nanoTime() - startNs) / 1e9 > mostSeconds) {
                throw new IllegalStateException("the follower does not arrive: seen=" + seen + ", last=" + sequence);
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    @Override
    public void close() {
        isStopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        namespace.close();
        if (failure != null) {
            throw failure;
        }
    }
}
