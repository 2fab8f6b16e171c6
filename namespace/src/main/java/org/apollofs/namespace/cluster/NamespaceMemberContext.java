package org.apollofs.namespace.cluster;

import io.aeron.cluster.ConsensusModule;
import io.aeron.driver.MediaDriver;
import io.aeron.security.AuthenticatorSupplier;
import io.aeron.security.CredentialsSupplier;
import io.aeron.security.NullCredentialsSupplier;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.state.IdentityClaim;
import org.apollofs.namespace.state.NamespaceState;

/** How a {@link NamespaceMember} is set up. Setters, then {@link #conclude()}; not changed after. */
public final class NamespaceMemberContext {
    /** Data of the log is synced before it counts (fdatasync): survives a power cut. */
    public static final int SYNC_DATA = 1;

    private Path directory;
    private int memberId;
    private List<MemberAddress> members = List.of(MemberAddress.EMBEDDED);
    private String aeronDirectory;
    private MediaDriver.Context driverContext;
    private int fileSyncLevel = SYNC_DATA;
    private AttentiveIdle idle;
    private ThreadFactory threadFactory;
    private Consumer<Throwable> failureHandler;
    private Consumer<String> progress = line -> {};
    private BooleanSupplier cancellation = () -> false;
    private PeerKey peerKey;
    private LongSupplier strangers = () -> 0;
    private AuthenticatorSupplier authenticatorSupplier;
    private CredentialsSupplier credentialsSupplier = new NullCredentialsSupplier();
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private Path markFile;
    private IdentityClaim claim;
    private boolean isDiscarding;
    private UUID discardKey;
    private int logTermLength = 16 << 20;
    private int segmentFileLength = 64 << 20;
    private long mapLength = NamespaceState.DEFAULT_MAP_LENGTH;
    private long memoryLength = 256L << 20;
    private int maxClients = 4096;
    private long stopTimeoutNs = 60_000_000_000L;
    private long snapshotLogLength = 2L << 30;
    private long snapshotIntervalNs = 3_600_000_000_000L;
    private long leaderTimeoutNs = 2_000_000_000L;

    /** Checks that all is there that has no default. */
    public NamespaceMemberContext conclude() {
        if (directory == null || threadFactory == null || failureHandler == null) {
            throw new IllegalStateException("a member needs directory, threadFactory and failureHandler");
        }
        if (fileSyncLevel < 0 || fileSyncLevel > 2) {
            throw new IllegalStateException("a sync level is 0, 1 or 2: fileSyncLevel=" + fileSyncLevel);
        }
        if (aeronDirectory == null && driverContext == null) {
            throw new IllegalStateException("a member needs aeronDirectory (of a running driver) or driverContext");
        }
        if (claim != null && members.size() > 1) {
            throw new IllegalStateException("one of several members takes what the log says: claim=" + claim);
        }
        if (aeronDirectory != null && driverContext != null) {
            throw new IllegalStateException("a member uses a driver or launches one, not both");
        }
        concludeMembers();
        if (peerKey == null && listens()) {
            throw new IllegalStateException("a member with ports needs a peerKey: memberId=" + memberId);
        }
        if (idle == null) {
            idle = new AttentiveIdle(members.size());
        }
        if (authenticatorSupplier == null) {
            authenticatorSupplier = ConsensusModule.Configuration.authenticatorSupplier();
        }
        return this;
    }

    private void concludeMembers() {
        if (members.size() % 2 == 0) {
            throw new IllegalStateException("an odd number of members is needed: members=" + members.size());
        }
        Set<Integer> ids = new HashSet<>();
        for (MemberAddress member : members) {
            if (!ids.add(member.id())) {
                throw new IllegalStateException("two members have one number: id=" + member.id());
            }
            if (member.basePort() == 0 && members.size() > 1) {
                throw new IllegalStateException("one of several members needs a port: id=" + member.id());
            }
        }
        if (!ids.contains(memberId)) {
            throw new IllegalStateException("not among the members: memberId=" + memberId + ", members=" + members);
        }
    }

    /** Folder of the member: log, snapshots, and what is made anew at start. The caller keeps other processes off it. */
    public NamespaceMemberContext directory(Path value) {
        directory = value;
        return this;
    }

    /** Number of this member among {@link #members}; 0 by default. */
    public NamespaceMemberContext memberId(int value) {
        memberId = value;
        return this;
    }

    /** All members, the same list on each. By default one, reached over IPC, with ports of the system's choice. */
    public NamespaceMemberContext members(List<MemberAddress> value) {
        members = List.copyOf(value);
        return this;
    }

    /** Folder of a running media driver that the member uses. */
    public NamespaceMemberContext aeronDirectory(String value) {
        aeronDirectory = value;
        return this;
    }

    /** A media driver that the member launches and closes: folder, threading and idle strategies are the caller's. */
    public NamespaceMemberContext driverContext(MediaDriver.Context value) {
        driverContext = value;
        return this;
    }

    /**
     * What is synced before a command counts as logged: 0 nothing (not durable: Aeron's own default), 1 data, 2 data and
     * file metadata. 1 by default.
     */
    public NamespaceMemberContext fileSyncLevel(int value) {
        fileSyncLevel = value;
        return this;
    }

    /** How the threads wait; to be shared with clients in the process, who wake them. */
    public NamespaceMemberContext idle(AttentiveIdle value) {
        idle = value;
        return this;
    }

    /** Makes the threads of archive, consensus module and service. */
    public NamespaceMemberContext threadFactory(ThreadFactory value) {
        threadFactory = value;
        return this;
    }

    /** Told, on one of the member's threads and maybe more than once, when the member cannot go on: it is to be closed. */
    public NamespaceMemberContext failureHandler(Consumer<Throwable> value) {
        failureHandler = value;
        return this;
    }

    /** Told in a line what the start of a member without a log waits for, and how far it is; at most once a second. */
    public NamespaceMemberContext progress(Consumer<String> value) {
        progress = value;
        return this;
    }

    /** Asked while a start waits for other members, which may take for ever: whether to give it up. */
    public NamespaceMemberContext cancellation(BooleanSupplier value) {
        cancellation = value;
        return this;
    }

    /** What members prove themselves to each other with; needed where they have ports. */
    public NamespaceMemberContext peerKey(PeerKey value) {
        peerKey = value;
        return this;
    }

    /** Says how many datagrams the media driver has dropped for want of a seal. Any thread. */
    public NamespaceMemberContext strangers(LongSupplier value) {
        strangers = value;
        return this;
    }

    /** Who may open a session of the cluster; everyone by default. */
    public NamespaceMemberContext authenticatorSupplier(AuthenticatorSupplier value) {
        authenticatorSupplier = value;
        return this;
    }

    /** What the member shows when it opens a session itself. */
    public NamespaceMemberContext credentialsSupplier(CredentialsSupplier value) {
        credentialsSupplier = value;
        return this;
    }

    /**
     * A file outside of the member's folder, on another disk where there is one, in which the member notes what it has been: so a
     * folder that is missing is not taken for a new one. The caller keeps other members off it. None by default.
     */
    public NamespaceMemberContext markFile(Path value) {
        markFile = value;
        return this;
    }

    /**
     * Which namespace the only member of one is to be, and the generation that begins with this start: where its log says something
     * else, {@link NamespaceMember#awaitIdentity} throws. By default a member takes what its log says, or a random id, and the next
     * generation.
     */
    public NamespaceMemberContext claim(IdentityClaim value) {
        claim = value;
        return this;
    }

    /** Whether the operator has said that what is missing of the folder is given up for good; false by default. */
    public NamespaceMemberContext discard(boolean value) {
        isDiscarding = value;
        return this;
    }

    /** What the operator must give to say so, for messages; the namespace's id by default. */
    public NamespaceMemberContext discardKey(UUID value) {
        discardKey = value;
        return this;
    }

    public NamespaceMemberContext nanoClock(NanoClock value) {
        nanoClock = value;
        return this;
    }

    /** Bytes of a term of the log, for a log that is new: a power of two. A message is up to an eighth. */
    public NamespaceMemberContext logTermLength(int value) {
        logTermLength = value;
        return this;
    }

    /** Bytes of a file of the archive, for one that is new: a power of two, not less than a term. */
    public NamespaceMemberContext segmentFileLength(int value) {
        segmentFileLength = value;
        return this;
    }

    /** Bytes of address space that the tables begin with. */
    public NamespaceMemberContext mapLength(long value) {
        mapLength = value;
        return this;
    }

    /** Bytes of tables that lie in memory: larger ones are on the disk of the folder, and a disk that dies may end the process with them. */
    public NamespaceMemberContext memoryLength(long value) {
        memoryLength = value;
        return this;
    }

    /** Clients connected at a time. */
    public NamespaceMemberContext maxClients(int value) {
        maxClients = value;
        return this;
    }

    /**
     * Bytes of log after which a snapshot is taken, or as many as the last snapshot had if that is more. Twice as much, and a
     * snapshot, is what restarts read at most.
     */
    public NamespaceMemberContext snapshotLogLength(long value) {
        snapshotLogLength = value;
        return this;
    }

    /** Time after which a snapshot is taken if there is anything new, ns. */
    public NamespaceMemberContext snapshotIntervalNs(long value) {
        snapshotIntervalNs = value;
        return this;
    }

    /**
     * How long followers wait for a sign of the leader before they elect another, ns. A leader that stalls for longer (a
     * virtual machine, a disk) loses its place and nothing else.
     */
    public NamespaceMemberContext leaderTimeoutNs(long value) {
        leaderTimeoutNs = value;
        return this;
    }

    /** How long a clean stop may take, snapshot included, ns. */
    public NamespaceMemberContext stopTimeoutNs(long value) {
        stopTimeoutNs = value;
        return this;
    }

    Path directory() {
        return directory;
    }

    int memberId() {
        return memberId;
    }

    List<MemberAddress> members() {
        return members;
    }

    boolean isSingle() {
        return members.size() == 1;
    }

    /** Whether it has ports: one that has none is reached over shared memory alone, and opens no socket. */
    boolean listens() {
        return address().basePort() != 0;
    }

    /** Where this member is reached. */
    MemberAddress address() {
        for (MemberAddress member : members) {
            if (member.id() == memberId) {
                return member;
            }
        }
        throw new IllegalStateException("not among the members: memberId=" + memberId + ", members=" + members);
    }

    String aeronDirectory() {
        return aeronDirectory;
    }

    MediaDriver.Context driverContext() {
        return driverContext;
    }

    int fileSyncLevel() {
        return fileSyncLevel;
    }

    AttentiveIdle idle() {
        return idle;
    }

    ThreadFactory threadFactory() {
        return threadFactory;
    }

    Consumer<Throwable> failureHandler() {
        return failureHandler;
    }

    Consumer<String> progress() {
        return progress;
    }

    BooleanSupplier cancellation() {
        return cancellation;
    }

    PeerKey peerKey() {
        return peerKey;
    }

    LongSupplier strangers() {
        return strangers;
    }

    AuthenticatorSupplier authenticatorSupplier() {
        return authenticatorSupplier;
    }

    CredentialsSupplier credentialsSupplier() {
        return credentialsSupplier;
    }

    NanoClock nanoClock() {
        return nanoClock;
    }

    Path markFile() {
        return markFile;
    }

    IdentityClaim claim() {
        return claim;
    }

    boolean isDiscarding() {
        return isDiscarding;
    }

    UUID discardKey() {
        return discardKey;
    }

    int logTermLength() {
        return logTermLength;
    }

    int segmentFileLength() {
        return segmentFileLength;
    }

    long mapLength() {
        return mapLength;
    }

    long memoryLength() {
        return memoryLength;
    }

    int maxClients() {
        return maxClients;
    }

    long stopTimeoutNs() {
        return stopTimeoutNs;
    }

    long leaderTimeoutNs() {
        return leaderTimeoutNs;
    }

    long snapshotLogLength() {
        return snapshotLogLength;
    }

    long snapshotIntervalNs() {
        return snapshotIntervalNs;
    }
}
