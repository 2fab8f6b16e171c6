package org.apollofs.perf.kv;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.namespace.client.ChangeFollower;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.NamespaceMember;

/**
 * Follows the change log of a namespace now and then, each time on a thread of its own, over one client of its own, and counts
 * what it sees. Gaps are a failure. One thread begins and ends.
 */
public final class KvFollower implements AutoCloseable {
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long POLL_NS = 200_000;

    private final ClusterNamespace namespace;
    private Thread thread;
    private long expected;
    private volatile long seen;
    private volatile boolean isStopping;
    private volatile RuntimeException failure;

    private KvFollower(ClusterNamespace namespace) {
        this.namespace = namespace;
    }

    static KvFollower connect(KvCluster site) {
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
        return new KvFollower(ClusterNamespace.connect(context));
    }

    /** Begins to follow: after the last change there is, or a number of changes before it. */
    public void start(long behind) {
        ChangeLog.Range range = namespace.changeLog().range();
        expected = Math.max(range.first(), range.last() + 1 - behind);
        seen = expected - 1;
        isStopping = false;
        ChangeFollower follower = namespace.changeLog().follow(expected, "");
        thread = new Thread(() -> follow(follower), "follower");
        thread.setDaemon(true);
        thread.start();
    }

    private void follow(ChangeFollower follower) {
        try {
            while (!isStopping) {
                follower.poll(this::onChange, WAIT_NS);
                seen = expected - 1;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void onChange(ChangeView change) {
        if (change.sequence() != expected) {
            throw new IllegalStateException(
                    "a gap in the change log: expected=" + expected + ", found=" + change.sequence());
        }
        expected++;
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
            checkFailure();
            if ((System.nanoTime() - startNs) / 1e9 > mostSeconds) {
                throw new IllegalStateException("the follower does not arrive: seen=" + seen + ", last=" + sequence);
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    /** Follows no longer. */
    public void stop() {
        isStopping = true;
        try {
            if (thread != null) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        checkFailure();
    }

    private void checkFailure() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        try {
            stop();
        } finally {
            namespace.close();
        }
    }
}
