package org.apollofs.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.MemberAddress;
import org.apollofs.namespace.cluster.MemberHost;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.namespace.cluster.NamespaceMemberContext;
import org.apollofs.profile.NamespaceProfile;

/**
 * The node's namespace member, and its own client beside it. Closing ends the session, then stops the member with a
 * snapshot.
 */
final class SiteNamespace implements AutoCloseable {
    private final MemberHost host;
    private final ClusterNamespace client;

    private SiteNamespace(MemberHost host, ClusterNamespace client) {
        this.host = host;
        this.client = client;
    }

    /**
     * Launches the member, and waits until its client has a session.
     *
     * @param files where it is, and who it must be.
     * @param idle how the member's, the client's and the driver's threads wait together.
     * @param stop whether to give the start up, which takes as long as it takes.
     * @param out told what it waits for.
     * @throws CancellationException if it was given up.
     */
    static SiteNamespace launch(
            SiteFiles files,
            NamespaceProfile profile,
            SiteDriver driver,
            AttentiveIdle idle,
            StopSignal stop,
            PrintWriter out,
            BiConsumer<String, Throwable> onFailure) {
        if (profile.members().size() > 1) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "an embedded site has one namespace member: namespace.members has "
                            + profile.members().size(),
                    "leave one, or run each as a process of its own: apollo namespace --profile P --member I");
        }
        Consumer<String> said = line -> {
            out.println(line);
            out.flush();
        };
        MemberHost host = launchMember(files, profile, driver, idle, stop, said, onFailure);
        try {
            // Before any session is opened: its number depends on it.
            host.awaitIdentity();
            ClusterNamespace client = ClusterNamespace.connect(ClusterClientContext.beside(host)
                    .threadFactory(threads("apollo-namespace-client"))
                    .connectsPatiently(
                            stop::isRequested,
                            why -> said.accept("waits for the namespace, which is "
                                    + host.member().describe()))
                    .leaseNs(TimeUnit.MILLISECONDS.toNanos(profile.sessionTimeoutMs()))
                    .deadlineNs(TimeUnit.MILLISECONDS.toNanos(profile.requestTimeoutMs())));
            return new SiteNamespace(host, client);
        } catch (RuntimeException e) {
            host.close();
            throw e;
        }
    }

    private static MemberHost launchMember(
            SiteFiles files,
            NamespaceProfile profile,
            SiteDriver driver,
            AttentiveIdle idle,
            StopSignal stop,
            Consumer<String> said,
            BiConsumer<String, Throwable> onFailure) {
        ThreadFactory threads = threads("apollo-namespace");
        int id = profile.members().getFirst().id();
        SiteFolder folder = files.folder();
        // Once: what is missing while the process runs was not what the operator meant.
        AtomicBoolean isGivenUp = new AtomicBoolean(files.isNamespaceGivenUp());
        try {
            return MemberHost.launch(
                    (aeronDirectory, failureHandler) -> NamespaceMember.launch(context(profile)
                            // Whatever port the profile gives it: within a site nobody comes over a network.
                            .members(List.of(new MemberAddress(id, MemberAddress.EMBEDDED.host(), 0)))
                            .directory(folder.namespace())
                            .markFile(folder.namespaceMark())
                            .claim(files.claim())
                            .discard(isGivenUp.getAndSet(false))
                            .discardKey(files.record().siteId())
                            .cancellation(stop::isRequested)
                            .memberId(id)
                            .aeronDirectory(aeronDirectory)
                            .idle(idle)
                            .threadFactory(threads)
                            .failureHandler(failureHandler)),
                    driver,
                    threads("apollo-namespace-host"),
                    failure -> onFailure.accept("namespace member", explained(folder, failure)),
                    said,
                    stop::isRequested);
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            throw Failures.ofMemberStart(folder.namespace(), e);
        }
    }

    private static CommandFailure explained(SiteFolder folder, Throwable failure) {
        return Failures.ofMember(
                folder.namespace(),
                failure,
                "the site stops; what was fsynced or closed is safe; run it again with --debug");
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

    /** What the profile says of every member. */
    static NamespaceMemberContext context(NamespaceProfile profile) {
        return new NamespaceMemberContext()
                .members(addresses(profile))
                .fileSyncLevel(profile.fileSyncLevel())
                .mapLength(profile.mapSizeBytes())
                .snapshotLogLength(profile.snapshotLogBytes())
                .snapshotIntervalNs(TimeUnit.MILLISECONDS.toNanos(profile.snapshotIntervalMs()))
                .leaderTimeoutNs(TimeUnit.MILLISECONDS.toNanos(profile.leaderTimeoutMs()));
    }

    /** The profile's members, as the cluster has them. */
    static List<MemberAddress> addresses(NamespaceProfile profile) {
        return profile.members().stream()
                .map(member -> new MemberAddress(member.id(), member.host(), member.port()))
                .toList();
    }

    NamespaceMember member() {
        return host.member();
    }

    /** Who the namespace is. */
    NamespaceIdentity identity() {
        return host.member().identity();
    }

    ClusterNamespace client() {
        return client;
    }

    @Override
    public void close() {
        try (CloseStack stack = new CloseStack()) {
            stack.push(host);
            stack.push(client);
        }
    }
}
