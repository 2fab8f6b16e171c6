package org.apollofs.namespace.state;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.Records;
import org.apollofs.namespace.command.sbe.AcknowledgeFreedDecoder;
import org.apollofs.namespace.command.sbe.AddPlacementTableDecoder;
import org.apollofs.namespace.command.sbe.CloseSessionDecoder;
import org.apollofs.namespace.command.sbe.CommitContentDecoder;
import org.apollofs.namespace.command.sbe.CompareAndSetDecoder;
import org.apollofs.namespace.command.sbe.DeleteDecoder;
import org.apollofs.namespace.command.sbe.KeepAliveSessionDecoder;
import org.apollofs.namespace.command.sbe.MakeLinkDecoder;
import org.apollofs.namespace.command.sbe.MakeNodeDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.OpenSessionDecoder;
import org.apollofs.namespace.command.sbe.PutDecoder;
import org.apollofs.namespace.command.sbe.ReleaseUnlinkedDecoder;
import org.apollofs.namespace.command.sbe.RemoveDirectoryDecoder;
import org.apollofs.namespace.command.sbe.RenameDecoder;
import org.apollofs.namespace.command.sbe.SetAttributesDecoder;
import org.apollofs.namespace.command.sbe.TickDecoder;
import org.apollofs.namespace.command.sbe.UnlinkDecoder;

/**
 * Applies one command: reads it, finds out whether it was applied before, calls what carries it out, writes one result.
 *
 * <p>A command is decoded as a whole before it is carried out, and each field that it claims is checked against the bytes
 * there are: what goes wrong while decoding is the sender's fault and refused, what goes wrong after is ours and stops the
 * agent. Owned by the apply thread.
 */
final class CommandDispatcher {
    private static final long MIN_LEASE_NS = 1_000_000_000L;
    /** Entries of the change log dropped for their age with one tick. */
    private static final int EXPIRED_CHANGES_PER_TICK = 10_000;

    private final Store store;
    private final SessionTable sessions;
    private final ResultWriter results;
    private final ExtentTable extents;
    private final TreeCommands tree;
    private final ContentCommands content;
    private final SystemCommands system;
    private final QueryDispatcher queries;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final OpenSessionDecoder openSession = new OpenSessionDecoder();
    private final MakeNodeDecoder makeNode = new MakeNodeDecoder();
    private final MakeLinkDecoder makeLink = new MakeLinkDecoder();
    private final UnlinkDecoder unlink = new UnlinkDecoder();
    private final RemoveDirectoryDecoder removeDirectory = new RemoveDirectoryDecoder();
    private final RenameDecoder rename = new RenameDecoder();
    private final ReleaseUnlinkedDecoder releaseUnlinked = new ReleaseUnlinkedDecoder();
    private final SetAttributesDecoder setAttributes = new SetAttributesDecoder();
    private final CommitContentDecoder commitContent = new CommitContentDecoder();
    private final AddPlacementTableDecoder addPlacement = new AddPlacementTableDecoder();
    private final AcknowledgeFreedDecoder acknowledgeFreed = new AcknowledgeFreedDecoder();
    private final PutDecoder put = new PutDecoder();
    private final CompareAndSetDecoder compareAndSet = new CompareAndSetDecoder();
    private final DeleteDecoder delete = new DeleteDecoder();
    private final UnsafeBuffer first = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer second = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer third = new UnsafeBuffer(0, 0);

    private DirectBuffer command;
    private long session;
    private boolean isDecoded;

    CommandDispatcher(Store store, SessionTable sessions, ResultWriter results) {
        this.store = store;
        this.sessions = sessions;
        this.results = results;
        extents = new ExtentTable(store);
        tree = new TreeCommands(store, extents);
        content = new ContentCommands(store, extents, tree);
        system = new SystemCommands(store);
        queries = new QueryDispatcher(store.tables, results);
    }

    /** Makes the root directory, in an empty state. */
    void initialize() {
        tree.makeRoot();
    }

    /** The batch was aborted: what was cached of it is forgotten. */
    void onAbort() {
        extents.onAbort();
    }

    /** Time has passed: leases end, old changes go. */
    void tick() {
        SessionTable.Session expired = sessions.expired(store.nowNs());
        while (expired != null) {
            end(expired);
            expired = sessions.expired(store.nowNs());
        }
        store.changes.expire(EXPIRED_CHANGES_PER_TICK);
    }

    private void end(SessionTable.Session ended) {
        sessions.remove(ended);
        tree.releaseAllUnlinked(ended.id);
    }

    /**
     * Applies a command and writes its result.
     *
     * @param buffer the command, from its header to its end.
     */
    void apply(DirectBuffer buffer) {
        command = buffer;
        if (buffer.capacity() < CommandHead.COMMAND_LENGTH) {
            results.begin(0, 0);
            results.failed(NamespaceError.INVALID, "command too short: length=" + buffer.capacity());
            return;
        }
        session = CommandHead.session(buffer, 0);
        long commandId = CommandHead.commandId(buffer, 0);
        results.begin(session, commandId);
        int template = CommandHead.templateId(buffer, 0);
        if (!CommandHead.isSupported(buffer, 0)) {
            unsupported(template);
        } else if (buffer.capacity() > NamespaceLimits.COMMAND_LENGTH) {
            results.failed(
                    NamespaceError.TRANSACTION_TOO_LARGE,
                    "command too large: length=" + buffer.capacity() + ", limit=" + NamespaceLimits.COMMAND_LENGTH);
        } else if (template == OpenSessionDecoder.TEMPLATE_ID) {
            attempt(template);
        } else if (QueryDispatcher.isQuery(template)) {
            keepAlive();
            // The count of the table is that of the last batch: the present one's is not written yet.
            queries.apply(template, buffer, store.txn(), store.meta.get(Meta.INODE_COUNT));
        } else {
            applyOnce(template, commandId);
        }
    }

    private void keepAlive() {
        SessionTable.Session of = sessions.get(session);
        if (of != null) {
            sessions.touch(of, store.nowNs(), CommandHead.ackedBelow(command, 0));
        }
    }

    /** A command of a session is applied, or, if it was before, answered as then. */
    private void applyOnce(int template, long commandId) {
        SessionTable.Session of = sessions.get(session);
        if (of == null) {
            results.failed(NamespaceError.FENCED, "no such session, or its lease is over: session=" + session);
            return;
        }
        sessions.touch(of, store.nowNs(), CommandHead.ackedBelow(command, 0));
        if (template == KeepAliveSessionDecoder.TEMPLATE_ID) {
            results.done(0);
            return;
        }
        if (of.isAcked(commandId)) {
            results.failed(NamespaceError.INVALID, "answered long ago: session=" + session + ", command=" + commandId);
            return;
        }
        byte[] before = of.result(commandId);
        if (before != null) {
            results.stored(before);
            return;
        }
        attempt(template);
        if (template != CloseSessionDecoder.TEMPLATE_ID) {
            of.keep(commandId, results.copy());
        }
    }

    private void attempt(int template) {
        isDecoded = false;
        try {
            carryOut(template);
        } catch (Refusal refusal) {
            results.failed(refusal.error(), refusal.getMessage());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            if (isDecoded) {
                throw e;
            }
            results.failed(NamespaceError.INVALID, "malformed command: template=" + template + ", " + e.getMessage());
        }
    }

    private void unsupported(int template) {
        results.failed(
                NamespaceError.UNSUPPORTED,
                "unknown command: template=" + template + ", version=" + CommandHead.version(command, 0)
                        + ", supported=" + OpenSessionDecoder.SCHEMA_VERSION);
    }

    private void carryOut(int template) {
        switch (template) {
            case OpenSessionDecoder.TEMPLATE_ID -> onOpenSession();
            case CloseSessionDecoder.TEMPLATE_ID -> onCloseSession();
            case MakeNodeDecoder.TEMPLATE_ID -> onMakeNode();
            case MakeLinkDecoder.TEMPLATE_ID -> onMakeLink();
            case UnlinkDecoder.TEMPLATE_ID -> onUnlink();
            case RemoveDirectoryDecoder.TEMPLATE_ID -> onRemoveDirectory();
            case RenameDecoder.TEMPLATE_ID -> onRename();
            case ReleaseUnlinkedDecoder.TEMPLATE_ID -> onReleaseUnlinked();
            case SetAttributesDecoder.TEMPLATE_ID -> onSetAttributes();
            case CommitContentDecoder.TEMPLATE_ID -> onCommitContent();
            case AddPlacementTableDecoder.TEMPLATE_ID -> onAddPlacementTable();
            case AcknowledgeFreedDecoder.TEMPLATE_ID -> onAcknowledgeFreed();
            case PutDecoder.TEMPLATE_ID -> onPut();
            case CompareAndSetDecoder.TEMPLATE_ID -> onCompareAndSet();
            case DeleteDecoder.TEMPLATE_ID -> onDelete();
            case TickDecoder.TEMPLATE_ID -> results.failed(NamespaceError.NOT_PERMITTED, "time is the cluster's");
            default -> unsupported(template);
        }
    }

    /** The block must be as long as this build's, and within the command. */
    private void checkBlock(int blockLength) {
        int claimed = CommandHead.blockLength(command, 0);
        if (claimed < blockLength || MessageHeaderDecoder.ENCODED_LENGTH + claimed > command.capacity()) {
            throw new IndexOutOfBoundsException("blockLength=" + claimed + ", length=" + command.capacity());
        }
    }

    private void onOpenSession() {
        checkBlock(OpenSessionDecoder.BLOCK_LENGTH);
        openSession.wrapAndApplyHeader(command, 0, header);
        isDecoded = true;
        SessionTable.Session same = sessions.byNonce(openSession.nonce());
        if (same == null) {
            if (openSession.leaseNs() < MIN_LEASE_NS) {
                throw new Refusal(NamespaceError.INVALID, "lease too short: leaseNs=" + openSession.leaseNs());
            }
            long id = store.meta.next(Meta.NEXT_SESSION);
            same = new SessionTable.Session(id, openSession.nonce(), openSession.leaseNs(), store.nowNs());
            sessions.open(same);
        }
        results.done(same.id);
    }

    private void onCloseSession() {
        isDecoded = true;
        end(sessions.get(session));
        results.done(0);
    }

    private void onMakeNode() {
        checkBlock(MakeNodeDecoder.BLOCK_LENGTH);
        makeNode.wrapAndApplyHeader(command, 0, header);
        makeNode.wrapName(first);
        makeNode.wrapTarget(second);
        isDecoded = true;
        results.inode(tree.makeNode(
                session, makeNode.parent(), first, makeNode.mode(), makeNode.uid(), makeNode.gid(), second));
    }

    private void onMakeLink() {
        checkBlock(MakeLinkDecoder.BLOCK_LENGTH);
        makeLink.wrapAndApplyHeader(command, 0, header);
        makeLink.wrapNewName(first);
        isDecoded = true;
        results.inode(tree.link(session, makeLink.inode(), makeLink.newParent(), first));
    }

    private void onUnlink() {
        checkBlock(UnlinkDecoder.BLOCK_LENGTH);
        unlink.wrapAndApplyHeader(command, 0, header);
        unlink.wrapName(first);
        isDecoded = true;
        results.inode(tree.unlink(session, unlink.parent(), first, unlink.keepOpenRaw() == 1));
    }

    private void onRemoveDirectory() {
        checkBlock(RemoveDirectoryDecoder.BLOCK_LENGTH);
        removeDirectory.wrapAndApplyHeader(command, 0, header);
        removeDirectory.wrapName(first);
        isDecoded = true;
        tree.removeDirectory(session, removeDirectory.parent(), first);
        results.done(0);
    }

    private void onRename() {
        checkBlock(RenameDecoder.BLOCK_LENGTH);
        rename.wrapAndApplyHeader(command, 0, header);
        rename.wrapName(first);
        rename.wrapNewName(second);
        isDecoded = true;
        results.inode(tree.rename(
                session,
                rename.parent(),
                first,
                rename.newParent(),
                second,
                rename.renameFlags(),
                rename.keepOpenRaw() == 1));
    }

    private void onReleaseUnlinked() {
        checkBlock(ReleaseUnlinkedDecoder.BLOCK_LENGTH);
        releaseUnlinked.wrapAndApplyHeader(command, 0, header);
        isDecoded = true;
        tree.releaseUnlinked(session, releaseUnlinked.inode());
        results.done(0);
    }

    private void onSetAttributes() {
        checkBlock(SetAttributesDecoder.BLOCK_LENGTH);
        setAttributes.wrapAndApplyHeader(command, 0, header);
        isDecoded = true;
        AttributeChange change = new AttributeChange(
                setAttributes.mode(),
                setAttributes.uid(),
                setAttributes.gid(),
                setAttributes.size(),
                setAttributes.atimeNs(),
                setAttributes.mtimeNs());
        results.inode(content.setAttributes(session, setAttributes.inode(), change));
    }

    private void onCommitContent() {
        checkBlock(CommitContentDecoder.BLOCK_LENGTH);
        commitContent.wrapAndApplyHeader(command, 0, header);
        List<Extent> laid = new ArrayList<>();
        for (CommitContentDecoder.ExtentsDecoder extent : commitContent.extents()) {
            laid.add(Records.get(extent.extent()));
        }
        commitContent.wrapInlineBytes(first);
        isDecoded = true;
        ContentCommit commit = new ContentCommit(
                commitContent.inode(),
                commitContent.replaceRaw() == 1,
                commitContent.expectedContentVersion(),
                null,
                laid,
                commitContent.size(),
                commitContent.mtimeNs());
        results.inode(content.commit(session, commit, commitContent.hasInlineRaw() == 1 ? first : null));
    }

    private void onAddPlacementTable() {
        checkBlock(AddPlacementTableDecoder.BLOCK_LENGTH);
        addPlacement.wrapAndApplyHeader(command, 0, header);
        AddPlacementTableDecoder.TargetsDecoder group = addPlacement.targets();
        int[] targets = new int[group.count()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = group.next().target();
        }
        isDecoded = true;
        results.done(system.addPlacementTable(addPlacement.dataChunks(), addPlacement.parityChunks(), targets));
    }

    private void onAcknowledgeFreed() {
        checkBlock(AcknowledgeFreedDecoder.BLOCK_LENGTH);
        acknowledgeFreed.wrapAndApplyHeader(command, 0, header);
        AcknowledgeFreedDecoder.RunsDecoder group = acknowledgeFreed.runs();
        long[] sequences = new long[group.count()];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = group.next().sequence();
        }
        isDecoded = true;
        results.done(system.acknowledgeFreed(sequences));
    }

    private void onPut() {
        checkBlock(PutDecoder.BLOCK_LENGTH);
        put.wrapAndApplyHeader(command, 0, header);
        put.wrapPath(first);
        put.wrapValue(second);
        isDecoded = true;
        results.done(content.put(session, first, second, put.expectedVersion()));
    }

    private void onCompareAndSet() {
        checkBlock(CompareAndSetDecoder.BLOCK_LENGTH);
        compareAndSet.wrapAndApplyHeader(command, 0, header);
        compareAndSet.wrapPath(first);
        compareAndSet.wrapExpected(second);
        compareAndSet.wrapUpdate(third);
        isDecoded = true;
        boolean isSet = content.compareAndSet(session, first, second, third);
        results.inode(isSet ? content.lastSet() : null);
    }

    private void onDelete() {
        checkBlock(DeleteDecoder.BLOCK_LENGTH);
        delete.wrapAndApplyHeader(command, 0, header);
        delete.wrapPath(first);
        isDecoded = true;
        boolean existed = content.delete(session, first, delete.expectedVersion());
        results.done(existed ? 1 : KeyValue.ABSENT);
    }
}
