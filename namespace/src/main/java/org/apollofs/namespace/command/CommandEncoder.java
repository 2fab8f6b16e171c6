package org.apollofs.namespace.command;

import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.sbe.AcknowledgeFreedEncoder;
import org.apollofs.namespace.command.sbe.AddPlacementTableEncoder;
import org.apollofs.namespace.command.sbe.CloseSessionEncoder;
import org.apollofs.namespace.command.sbe.CommitContentEncoder;
import org.apollofs.namespace.command.sbe.CompareAndSetEncoder;
import org.apollofs.namespace.command.sbe.DeleteEncoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.GrantLeaseEncoder;
import org.apollofs.namespace.command.sbe.KeepAliveSessionEncoder;
import org.apollofs.namespace.command.sbe.KeepLeaseAliveEncoder;
import org.apollofs.namespace.command.sbe.MakeLinkEncoder;
import org.apollofs.namespace.command.sbe.MakeNodeEncoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.MoveConsumerEncoder;
import org.apollofs.namespace.command.sbe.OpenSessionEncoder;
import org.apollofs.namespace.command.sbe.PutEncoder;
import org.apollofs.namespace.command.sbe.PutLeasedEncoder;
import org.apollofs.namespace.command.sbe.ReleaseUnlinkedEncoder;
import org.apollofs.namespace.command.sbe.RemoveDirectoryEncoder;
import org.apollofs.namespace.command.sbe.RemoveTreeEncoder;
import org.apollofs.namespace.command.sbe.RemoveXattrEncoder;
import org.apollofs.namespace.command.sbe.RenameEncoder;
import org.apollofs.namespace.command.sbe.RenamePathEncoder;
import org.apollofs.namespace.command.sbe.RevokeLeaseEncoder;
import org.apollofs.namespace.command.sbe.SetAttributesEncoder;
import org.apollofs.namespace.command.sbe.SetRetentionEncoder;
import org.apollofs.namespace.command.sbe.SetXattrEncoder;
import org.apollofs.namespace.command.sbe.UnlinkEncoder;

/**
 * Encodes commands at the start of a buffer; each method returns the command's length. Session and ids are left for the
 * sender ({@link CommandHead#stamp}). What is beyond a limit is refused here, before it takes a place in the log, with the
 * error the state machine would give. One thread at a time.
 */
public final class CommandEncoder {
    /** Records of a repeating group: its count is an unsigned 16-bit number. */
    public static final int MAX_GROUP = 65_534;

    /** Upper bound of what stands around the parts of a command that can be long. */
    private static final int OVERHEAD = 256;

    private static final int EXTENT_LENGTH = 48;
    private static final byte[] NO_BYTES = new byte[0];

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final OpenSessionEncoder openSession = new OpenSessionEncoder();
    private final KeepAliveSessionEncoder keepAlive = new KeepAliveSessionEncoder();
    private final CloseSessionEncoder closeSession = new CloseSessionEncoder();
    private final MakeNodeEncoder makeNode = new MakeNodeEncoder();
    private final MakeLinkEncoder makeLink = new MakeLinkEncoder();
    private final UnlinkEncoder unlink = new UnlinkEncoder();
    private final RemoveDirectoryEncoder removeDirectory = new RemoveDirectoryEncoder();
    private final RenameEncoder rename = new RenameEncoder();
    private final ReleaseUnlinkedEncoder releaseUnlinked = new ReleaseUnlinkedEncoder();
    private final SetAttributesEncoder setAttributes = new SetAttributesEncoder();
    private final CommitContentEncoder commit = new CommitContentEncoder();
    private final AddPlacementTableEncoder addPlacement = new AddPlacementTableEncoder();
    private final AcknowledgeFreedEncoder acknowledgeFreed = new AcknowledgeFreedEncoder();
    private final PutEncoder put = new PutEncoder();
    private final CompareAndSetEncoder compareAndSet = new CompareAndSetEncoder();
    private final DeleteEncoder delete = new DeleteEncoder();
    private final PutLeasedEncoder putLeased = new PutLeasedEncoder();
    private final RenamePathEncoder renamePath = new RenamePathEncoder();
    private final RemoveTreeEncoder removeTree = new RemoveTreeEncoder();
    private final GrantLeaseEncoder grantLease = new GrantLeaseEncoder();
    private final KeepLeaseAliveEncoder keepLeaseAlive = new KeepLeaseAliveEncoder();
    private final RevokeLeaseEncoder revokeLease = new RevokeLeaseEncoder();
    private final SetXattrEncoder setXattr = new SetXattrEncoder();
    private final RemoveXattrEncoder removeXattr = new RemoveXattrEncoder();
    private final MoveConsumerEncoder moveConsumer = new MoveConsumerEncoder();
    private final SetRetentionEncoder setRetention = new SetRetentionEncoder();
    private final ResultDecoder results = new ResultDecoder();

    /** The decoder of the results, for the same thread. */
    public ResultDecoder results() {
        return results;
    }

    public int openSession(MutableDirectBuffer to, long nonce, long leaseNs) {
        openSession.wrapAndApplyHeader(to, 0, header).nonce(nonce).leaseNs(leaseNs);
        return openSession.limit();
    }

    public int keepAlive(MutableDirectBuffer to) {
        return keepAlive.wrapAndApplyHeader(to, 0, header).limit();
    }

    public int closeSession(MutableDirectBuffer to) {
        return closeSession.wrapAndApplyHeader(to, 0, header).limit();
    }

    public int makeNode(MutableDirectBuffer to, long parent, byte[] name, int mode, int uid, int gid, byte[] target) {
        checkName(name);
        checkTotal((long) name.length + target.length);
        makeNode.wrapAndApplyHeader(to, 0, header)
                .parent(parent)
                .mode(mode)
                .uid(uid)
                .gid(gid)
                .putName(name, 0, name.length)
                .putTarget(target, 0, target.length);
        return makeNode.limit();
    }

    public int makeLink(MutableDirectBuffer to, long inode, long newParent, byte[] newName) {
        checkName(newName);
        makeLink.wrapAndApplyHeader(to, 0, header)
                .inode(inode)
                .newParent(newParent)
                .putNewName(newName, 0, newName.length);
        return makeLink.limit();
    }

    public int unlink(MutableDirectBuffer to, long parent, byte[] name, boolean keepOpen) {
        checkName(name);
        unlink.wrapAndApplyHeader(to, 0, header)
                .parent(parent)
                .keepOpen(flag(keepOpen))
                .putName(name, 0, name.length);
        return unlink.limit();
    }

    public int removeDirectory(MutableDirectBuffer to, long parent, byte[] name) {
        checkName(name);
        removeDirectory.wrapAndApplyHeader(to, 0, header).parent(parent).putName(name, 0, name.length);
        return removeDirectory.limit();
    }

    public int rename(
            MutableDirectBuffer to,
            long parent,
            byte[] name,
            long newParent,
            byte[] newName,
            int flags,
            boolean keepOpen) {
        checkName(name);
        checkName(newName);
        rename.wrapAndApplyHeader(to, 0, header)
                .parent(parent)
                .newParent(newParent)
                .renameFlags(flags)
                .keepOpen(flag(keepOpen))
                .putName(name, 0, name.length)
                .putNewName(newName, 0, newName.length);
        return rename.limit();
    }

    public int releaseUnlinked(MutableDirectBuffer to, long inode) {
        releaseUnlinked.wrapAndApplyHeader(to, 0, header).inode(inode);
        return releaseUnlinked.limit();
    }

    public int setAttributes(MutableDirectBuffer to, long inode, AttributeChange change) {
        setAttributes
                .wrapAndApplyHeader(to, 0, header)
                .inode(inode)
                .mode(change.mode())
                .uid(change.uid())
                .gid(change.gid())
                .size(change.size())
                .atimeNs(change.atimeNs())
                .mtimeNs(change.mtimeNs());
        return setAttributes.limit();
    }

    public int commit(MutableDirectBuffer to, ContentCommit content) {
        List<Extent> extents = content.extents();
        byte[] inline = content.inline();
        checkValue(inline);
        checkTotal((long) extents.size() * EXTENT_LENGTH + (inline == null ? 0 : inline.length));
        commit.wrapAndApplyHeader(to, 0, header)
                .inode(content.inode())
                .expectedContentVersion(content.expectedContentVersion())
                .size(content.size())
                .mtimeNs(content.mtimeNs())
                .replace(flag(content.replace()))
                .hasInline(flag(inline != null));
        CommitContentEncoder.ExtentsEncoder group = commit.extentsCount(extents.size());
        for (int i = 0; i < extents.size(); i++) {
            Records.put(group.next().extent(), extents.get(i));
        }
        commit.putInlineBytes(inline == null ? NO_BYTES : inline, 0, inline == null ? 0 : inline.length);
        return commit.limit();
    }

    public int addPlacementTable(MutableDirectBuffer to, int dataChunks, int parityChunks, List<int[]> groups) {
        int width = dataChunks + parityChunks;
        long count = (long) groups.size() * width;
        if (count > MAX_GROUP) {
            throw refused(NamespaceError.TRANSACTION_TOO_LARGE, "placement table", count, MAX_GROUP);
        }
        addPlacement.wrapAndApplyHeader(to, 0, header).dataChunks(dataChunks).parityChunks(parityChunks);
        AddPlacementTableEncoder.TargetsEncoder targets = addPlacement.targetsCount((int) count);
        for (int[] group : groups) {
            if (group.length != width) {
                throw refused(NamespaceError.INVALID, "group of targets", group.length, width);
            }
            for (int target : group) {
                targets.next().target(target);
            }
        }
        return addPlacement.limit();
    }

    /** @param runs at most {@link #MAX_GROUP}. */
    public int acknowledgeFreed(MutableDirectBuffer to, List<FreedRun> runs) {
        acknowledgeFreed.wrapAndApplyHeader(to, 0, header);
        AcknowledgeFreedEncoder.RunsEncoder group = acknowledgeFreed.runsCount(runs.size());
        for (FreedRun run : runs) {
            group.next().sequence(run.sequence());
        }
        return acknowledgeFreed.limit();
    }

    public int put(MutableDirectBuffer to, byte[] path, byte[] value, long expectedVersion) {
        checkPath(path);
        checkValue(value);
        put.wrapAndApplyHeader(to, 0, header)
                .expectedVersion(expectedVersion)
                .putPath(path, 0, path.length)
                .putValue(value, 0, value.length);
        return put.limit();
    }

    public int compareAndSet(MutableDirectBuffer to, byte[] path, byte[] expected, byte[] update) {
        checkPath(path);
        checkValue(expected);
        checkValue(update);
        compareAndSet
                .wrapAndApplyHeader(to, 0, header)
                .putPath(path, 0, path.length)
                .putExpected(expected, 0, expected.length)
                .putUpdate(update, 0, update.length);
        return compareAndSet.limit();
    }

    public int delete(MutableDirectBuffer to, byte[] path, long expectedVersion) {
        checkPath(path);
        delete.wrapAndApplyHeader(to, 0, header)
                .expectedVersion(expectedVersion)
                .putPath(path, 0, path.length);
        return delete.limit();
    }

    public int putLeased(MutableDirectBuffer to, byte[] path, byte[] value, long expectedVersion, long lease) {
        checkPath(path);
        checkValue(value);
        putLeased
                .wrapAndApplyHeader(to, 0, header)
                .expectedVersion(expectedVersion)
                .lease(lease)
                .putPath(path, 0, path.length)
                .putValue(value, 0, value.length);
        return putLeased.limit();
    }

    public int renamePath(MutableDirectBuffer to, byte[] path, byte[] newPath, int flags) {
        checkPath(path);
        checkPath(newPath);
        renamePath
                .wrapAndApplyHeader(to, 0, header)
                .renameFlags(flags)
                .putPath(path, 0, path.length)
                .putNewPath(newPath, 0, newPath.length);
        return renamePath.limit();
    }

    public int removeTree(MutableDirectBuffer to, byte[] path) {
        checkPath(path);
        removeTree.wrapAndApplyHeader(to, 0, header).putPath(path, 0, path.length);
        return removeTree.limit();
    }

    public int grantLease(MutableDirectBuffer to, long ttlNs) {
        return grantLease.wrapAndApplyHeader(to, 0, header).ttlNs(ttlNs).limit();
    }

    public int keepLeaseAlive(MutableDirectBuffer to, long lease) {
        return keepLeaseAlive.wrapAndApplyHeader(to, 0, header).lease(lease).limit();
    }

    public int revokeLease(MutableDirectBuffer to, long lease) {
        return revokeLease.wrapAndApplyHeader(to, 0, header).lease(lease).limit();
    }

    public int setXattr(MutableDirectBuffer to, long inode, byte[] name, byte[] value, int flags) {
        checkName(name);
        checkValue(value);
        setXattr.wrapAndApplyHeader(to, 0, header)
                .inode(inode)
                .xattrFlags(flags)
                .putName(name, 0, name.length)
                .putValue(value, 0, value.length);
        return setXattr.limit();
    }

    public int removeXattr(MutableDirectBuffer to, long inode, byte[] name) {
        checkName(name);
        removeXattr.wrapAndApplyHeader(to, 0, header).inode(inode).putName(name, 0, name.length);
        return removeXattr.limit();
    }

    public int moveConsumer(MutableDirectBuffer to, byte[] name, long expected, long next) {
        checkName(name);
        moveConsumer
                .wrapAndApplyHeader(to, 0, header)
                .expected(expected)
                .next(next)
                .putName(name, 0, name.length);
        return moveConsumer.limit();
    }

    public int setRetention(MutableDirectBuffer to, long bytes, long ageNs) {
        return setRetention
                .wrapAndApplyHeader(to, 0, header)
                .retainedBytes(bytes)
                .retainedNs(ageNs)
                .limit();
    }

    static void checkName(byte[] name) {
        if (name.length > NamespaceLimits.NAME_LENGTH) {
            throw refused(NamespaceError.NAME_TOO_LONG, "name", name.length, NamespaceLimits.NAME_LENGTH);
        }
    }

    static void checkPath(byte[] path) {
        if (path.length > NamespaceLimits.PATH_LENGTH) {
            throw refused(NamespaceError.PATH_TOO_LONG, "path", path.length, NamespaceLimits.PATH_LENGTH);
        }
    }

    static void checkValue(byte[] value) {
        if (value != null && value.length > NamespaceLimits.INLINE_LENGTH) {
            throw refused(NamespaceError.VALUE_TOO_LARGE, "value", value.length, NamespaceLimits.INLINE_LENGTH);
        }
    }

    static void checkTotal(long length) {
        if (length + OVERHEAD > NamespaceLimits.COMMAND_LENGTH) {
            throw refused(
                    NamespaceError.TRANSACTION_TOO_LARGE, "command", length, NamespaceLimits.COMMAND_LENGTH - OVERHEAD);
        }
    }

    static NamespaceException refused(NamespaceError error, String what, long length, long limit) {
        return new NamespaceException(error, what + " too large or not whole: length=" + length + ", limit=" + limit);
    }

    private static Flag flag(boolean value) {
        return value ? Flag.YES : Flag.NO;
    }
}
