package org.apollofs.perf.kv;

import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.service.ClusteredServiceContainer;
import io.aeron.driver.MediaDriver;
import java.io.File;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.concurrent.NoOpLock;
import org.apollofs.namespace.cluster.AttentiveIdle;

/**
 * A member of a plain Aeron Cluster whose service sends each message back: the ceiling of what a namespace on Aeron Cluster
 * can do. Driver, threads, idle strategies, channels and sync level are those of
 * {@link org.apollofs.namespace.cluster.NamespaceMember}; there is no batching of messages, checksum or state.
 */
final class EchoMember implements AutoCloseable {
    private static final int IPC_MTU = 65_504;
    private static final int TERM_LENGTH = 16 << 20;
    private static final int SEGMENT_LENGTH = 64 << 20;
    /** Of the five ports: ingress, consensus, log, catch-up, archive. */
    private static final int ARCHIVE_PORT = 4;
    /** The client says nothing while the namespace is measured. */
    private static final long SESSION_TIMEOUT_NS = TimeUnit.HOURS.toNanos(1);

    private final AutoCloseable[] parts;

    private EchoMember(AutoCloseable... parts) {
        this.parts = parts;
    }

    static EchoMember launch(MemberLaunch launch, MediaDriver.Context driverContext, AttentiveIdle idle) {
        boolean isSingle = launch.ports().size() == 1;
        String aeronDirectory = driverContext.aeronDirectoryName();
        File directory = launch.directory().toFile();
        MediaDriver driver = MediaDriver.launch(driverContext);
        Archive archive = Archive.launch(archive(launch, aeronDirectory, idle, isSingle));
        AeronArchive.Context archiveClient = new AeronArchive.Context()
                .aeronDirectoryName(aeronDirectory)
                .lock(NoOpLock.INSTANCE)
                .controlRequestChannel(archive.context().localControlChannel())
                .controlRequestStreamId(archive.context().localControlStreamId())
                .controlResponseChannel(archive.context().localControlChannel());
        ConsensusModule consensus = ConsensusModule.launch(new ConsensusModule.Context()
                .aeronDirectoryName(aeronDirectory)
                .clusterDir(new File(directory, "cluster"))
                .clusterMemberId(launch.memberId())
                .clusterMembers(members(launch))
                .ingressChannel("aeron:udp?term-length=" + TERM_LENGTH)
                .isIpcIngressAllowed(true)
                .logChannel(
                        isSingle
                                ? "aeron:ipc?term-length=" + TERM_LENGTH + "|mtu=" + IPC_MTU
                                : "aeron:udp?term-length=" + TERM_LENGTH)
                .replicationChannel(ephemeral(endpoint(launch)))
                .archiveContext(archiveClient.clone())
                .fileSyncLevel(launch.syncLevel())
                .sessionTimeoutNs(SESSION_TIMEOUT_NS)
                .threadFactory(MemberLaunch.threads("echo-consensus"))
                .idleStrategySupplier(idle::newStrategy)
                .terminationHook(() -> {}));
        ClusteredServiceContainer container = ClusteredServiceContainer.launch(new ClusteredServiceContainer.Context()
                .aeronDirectoryName(aeronDirectory)
                .clusterDir(new File(directory, "cluster"))
                .archiveContext(archiveClient.clone())
                .clusteredService(new EchoService())
                .logFragmentLimit(256)
                .threadFactory(MemberLaunch.threads("echo-service"))
                .idleStrategySupplier(idle::newStrategy)
                .terminationHook(() -> {}));
        return new EchoMember(container, consensus, archive, driver);
    }

    private static Archive.Context archive(
            MemberLaunch launch, String aeronDirectory, AttentiveIdle idle, boolean isSingle) {
        Archive.Context context = new Archive.Context()
                .aeronDirectoryName(aeronDirectory)
                .archiveDir(launch.directory().resolve("archive").toFile())
                .recordingEventsEnabled(false)
                .replicationChannel(ephemeral(endpoint(launch)))
                .threadingMode(ArchiveThreadingMode.SHARED)
                .fileSyncLevel(launch.syncLevel())
                .catalogFileSyncLevel(launch.syncLevel())
                .segmentFileLength(SEGMENT_LENGTH)
                .threadFactory(MemberLaunch.threads("echo-archive"))
                .idleStrategySupplier(idle::newStrategy);
        if (isSingle) {
            return context.controlChannelEnabled(false)
                    .archiveClientContext(new AeronArchive.Context().controlResponseChannel("aeron:ipc"));
        }
        return context.controlChannel("aeron:udp?endpoint=" + endpoint(launch));
    }

    private static String endpoint(MemberLaunch launch) {
        return endpoint(launch, launch.memberId(), ARCHIVE_PORT);
    }

    private static String endpoint(MemberLaunch launch, int member, int index) {
        return "127.0.0.1:" + (launch.ports().get(member) + index);
    }

    private static String members(MemberLaunch launch) {
        StringBuilder text = new StringBuilder();
        for (int member = 0; member < launch.ports().size(); member++) {
            text.append(member == 0 ? "" : "|").append(member);
            for (int i = 0; i <= ARCHIVE_PORT; i++) {
                text.append(',').append(endpoint(launch, member, i));
            }
        }
        return text.toString();
    }

    private static String ephemeral(String endpoint) {
        return "aeron:udp?endpoint=" + endpoint.substring(0, endpoint.lastIndexOf(':')) + ":0";
    }

    @Override
    public void close() {
        CloseHelper.closeAll(parts);
    }
}
