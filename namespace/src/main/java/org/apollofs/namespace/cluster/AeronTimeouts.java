package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.RethrowingErrorHandler;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveCounters;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ClusterBackup;
import io.aeron.cluster.ClusterBackupVersion;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ConsensusModuleVersion;
import io.aeron.cluster.service.ClusterCounters;
import io.aeron.cluster.service.ClusteredServiceContainer;
import io.aeron.driver.MediaDriver;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.NoOpLock;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * All times after which a part of Aeron takes another for gone, in one place.
 *
 * <p>Aeron's own are 5 to 15 seconds. But the parts of a member, its media driver, and a site's lanes are threads of one process. One
 * that does not move stands still with the process (SIGSTOP, a virtual machine that is moved, a laptop that sleeps), has no
 * processor, or waits in the kernel for a disk. It goes on after, and one that has ended says so by itself. So within a process
 * nobody is ever gone by the clock: {@link #NEVER_NS}. It is a number and not the largest there is, because Aeron adds it to times;
 * {@link MemberHost} starts a part again for which even it was too short, as where a clock is set from 1970 to today.
 *
 * <p>Between processes nobody knows. There a time is one after which another way is tried, and tried again: another leader, another
 * connection. Those are short, and no caller sees them.
 */
public final class AeronTimeouts {
    /** Between threads of one process: a year. */
    static final long NEVER_NS = TimeUnit.DAYS.toNanos(365);

    private static final long NEVER_MS = TimeUnit.NANOSECONDS.toMillis(NEVER_NS);

    /** A stream from another process that is silent: it ends, and its reader finds another way. Heartbeats come 10 times a second. */
    private static final long SILENT_STREAM_NS = TimeUnit.SECONDS.toNanos(30);

    /** A client's connection to the member that leads, of which nothing is heard: the client makes another under the same session. */
    private static final long SILENT_CONNECTION_NS = TimeUnit.SECONDS.toNanos(60);

    /** A driver of another process that does not move: its client asks where the driver is now, and connects anew. */
    private static final long SILENT_DRIVER_MS = 10_000;

    private AeronTimeouts() {}

    /** For a driver whose clients are in its process; those of others are ended when their process is, see {@link DriverClients}. */
    public static MediaDriver.Context ofDriver(MediaDriver.Context driver) {
        return driver.clientLivenessTimeoutNs(NEVER_NS)
                .publicationUnblockTimeoutNs(2 * NEVER_NS)
                .imageLivenessTimeoutNs(SILENT_STREAM_NS);
    }

    /** For a client in the process of its driver. */
    public static Aeron.Context ofClient(String aeronDirectory) {
        return new Aeron.Context().aeronDirectoryName(aeronDirectory).driverTimeoutMs(NEVER_MS);
    }

    /** For a client of a driver in another process, which may end without a word. */
    static Aeron.Context ofForeignClient(String aeronDirectory) {
        return new Aeron.Context().aeronDirectoryName(aeronDirectory).driverTimeoutMs(SILENT_DRIVER_MS);
    }

    /** For a member's archive: makes its client, which it owns. */
    static Archive.Context ofArchive(Archive.Context archive, String aeronDirectory) {
        Aeron aeron = Aeron.connect(ofPart(aeronDirectory, "archive", archive.errorHandler())
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE));
        try {
            long id = aeron.clientId();
            return archive.aeron(aeron)
                    .ownsAeronClient(true)
                    .archiveId(id)
                    .errorCounter(ArchiveCounters.allocate(
                            aeron,
                            new ExpandableArrayBuffer(),
                            AeronCounters.ARCHIVE_ERROR_COUNT_TYPE_ID,
                            "Archive Errors",
                            id))
                    .connectTimeoutNs(SILENT_CONNECTION_NS);
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
    }

    /** For whoever asks the archive of its own process. */
    static AeronArchive.Context ofArchiveClient(AeronArchive.Context client) {
        return client.messageTimeoutNs(NEVER_NS);
    }

    /** Connects to the archive of this process, with a client of its own. Ends early when the thread is interrupted. */
    static AeronArchive connectToArchive(AeronArchive.Context client, String aeronDirectory) {
        Aeron aeron = Aeron.connect(ofPart(aeronDirectory, "archive-client", client.errorHandler()));
        try {
            return AeronArchive.connect(
                    client.aeronDirectoryName(aeronDirectory).aeron(aeron).ownsAeronClient(true));
        } catch (RuntimeException e) {
            CloseHelper.quietClose(aeron);
            throw e;
        }
    }

    /** For the copy of another member's log: makes its client, which it owns. */
    static ClusterBackup.Context ofCopy(ClusterBackup.Context copy, String aeronDirectory) {
        Aeron aeron = Aeron.connect(ofPart(aeronDirectory, "copy", copy.errorHandler())
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE));
        return copy.aeron(aeron)
                .ownsAeronClient(true)
                .errorCounter(ClusterCounters.allocateVersioned(
                        aeron,
                        new ExpandableArrayBuffer(),
                        "ClusterBackup Errors",
                        AeronCounters.CLUSTER_BACKUP_ERROR_COUNT_TYPE_ID,
                        copy.clusterId(),
                        ClusterBackupVersion.VERSION,
                        ClusterBackupVersion.GIT_SHA));
    }

    /** For a member's consensus module: makes its client, which it owns. Who leads is for the profile to say. */
    static ConsensusModule.Context ofConsensus(ConsensusModule.Context consensus, String aeronDirectory) {
        Aeron aeron = Aeron.connect(ofPart(aeronDirectory, "consensus-module", consensus.errorHandler())
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE));
        try {
            return consensus
                    .aeron(aeron)
                    .ownsAeronClient(true)
                    .errorCounter(ClusterCounters.allocateVersioned(
                            aeron,
                            new ExpandableArrayBuffer(),
                            "Cluster Errors",
                            AeronCounters.CLUSTER_CONSENSUS_MODULE_ERROR_COUNT_TYPE_ID,
                            consensus.clusterId(),
                            ConsensusModuleVersion.VERSION,
                            ConsensusModuleVersion.GIT_SHA))
                    .sessionTimeoutNs(SILENT_CONNECTION_NS)
                    .terminationTimeoutNs(NEVER_NS);
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
    }

    /**
     * For a member's service: makes its client, which it owns. The service's thread works for the client too: a thread of the client's
     * that finds the driver gone waits 15 s for the service, which waits for the lock that the thread has.
     */
    static ClusteredServiceContainer.Context ofService(
            ClusteredServiceContainer.Context service, String aeronDirectory) {
        Aeron aeron = Aeron.connect(ofPart(aeronDirectory, service.serviceName(), service.errorHandler())
                .useConductorAgentInvoker(true));
        return service.aeron(aeron).ownsAeronClient(true);
    }

    private static Aeron.Context ofPart(String aeronDirectory, String name, ErrorHandler errorHandler) {
        return ofClient(aeronDirectory)
                .clientName(name)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE)
                .awaitingIdleStrategy(YieldingIdleStrategy.INSTANCE);
    }
}
