package org.apollofs.namespace.state;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.Records;
import org.apollofs.namespace.command.sbe.AcknowledgeFreedDecoder;
import org.apollofs.namespace.command.sbe.AddPlacementTableDecoder;
import org.apollofs.namespace.command.sbe.CloseSessionDecoder;
import org.apollofs.namespace.command.sbe.CommitContentDecoder;
import org.apollofs.namespace.command.sbe.CompareAndSetDecoder;
import org.apollofs.namespace.command.sbe.KeepAliveSessionDecoder;
import org.apollofs.namespace.command.sbe.KeyQueryDecoder;
import org.apollofs.namespace.command.sbe.MakeLinkDecoder;
import org.apollofs.namespace.command.sbe.MakeNodeDecoder;
import org.apollofs.namespace.command.sbe.OpenSessionDecoder;
import org.apollofs.namespace.command.sbe.PutDecoder;
import org.apollofs.namespace.command.sbe.PutLeasedDecoder;
import org.apollofs.namespace.command.sbe.ReleaseUnlinkedDecoder;
import org.apollofs.namespace.command.sbe.RemoveDirectoryDecoder;
import org.apollofs.namespace.command.sbe.RenameDecoder;
import org.apollofs.namespace.command.sbe.SessionsQueryDecoder;
import org.apollofs.namespace.command.sbe.SetAttributesDecoder;
import org.apollofs.namespace.command.sbe.SetXattrDecoder;
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

    private final KeyDispatcher keys;
    private final AttributeDispatcher attributes;
    private final LeaseCommands leases;

    private final CommandInput input = new CommandInput();
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

    CommandDispatcher(Store store, SessionTable sessions, ResultWriter results) {
        this.store = store;
        this.sessions = sessions;
        this.results = results;
        extents = new ExtentTable(store);
        tree = new TreeCommands(store, extents);
        content = new ContentCommands(store, extents, tree);
        system = new SystemCommands(store);
        queries = new QueryDispatcher(store.tables, results, store.meta);
        leases = new LeaseCommands(store, tree);
        keys = new KeyDispatcher(store, results, input, content, tree, leases, this::carryOutWithin);
        attributes = new AttributeDispatcher(store, results, input, system);
    }

    /** Makes the root directory, in an empty state. */
    void initialize() {
        tree.makeRoot();
    }

    /** The tables are not as commands left them: what is known of them in memory is forgotten. */
    void forget() {
        extents.onAbort();
        store.forget();
    }

    /** Puts the counters into their table, and which sessions are open if that has changed. */
    void flushCounters() {
        store.tables.meta.put(store.txn(), store.key.of(Meta.COUNTERS), store.meta.value());
        if (sessions.hasChanged()) {
            store.tables.meta.put(store.txn(), store.key.of(Meta.OPEN_SESSIONS), sessions.openRecord());
        }
    }

    /** Time has passed: leases end, old changes go. */
    void tick() {
        SessionTable.Session expired = sessions.expired(store.servedNs());
        while (expired != null) {
            end(expired);
            expired = sessions.expired(store.servedNs());
        }
        leases.expire();
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
        if (buffer.capacity() < CommandHead.COMMAND_LENGTH) {
            results.begin(0, 0);
            results.failed(NamespaceError.INVALID, "command too short: length=" + buffer.capacity());
            return;
        }
        input.wrap(buffer, CommandHead.session(buffer, 0));
        long session = input.session();
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
            // It may ask for what the present batch has changed.
            store.flush();
            if (template == SessionsQueryDecoder.TEMPLATE_ID) {
                flushCounters();
            }
            // The count of the table is that of the last batch: the present one's is not written yet.
            queries.apply(template, buffer, store.txn(), store.meta.get(Meta.INODE_COUNT));
        } else {
            applyOnce(template, commandId);
        }
    }

    private void keepAlive() {
        SessionTable.Session of = sessions.get(input.session());
        if (of != null) {
            sessions.touch(of, store.servedNs(), CommandHead.ackedBelow(input.command(), 0));
        }
    }

    /** A command of a session is applied, or, if it was before, answered as then. */
    private void applyOnce(int template, long commandId) {
        SessionTable.Session of = sessions.get(input.session());
        if (of == null) {
            results.failed(NamespaceError.FENCED, "no such session, or its lease is over: session=" + input.session());
            return;
        }
        sessions.touch(of, store.servedNs(), CommandHead.ackedBelow(input.command(), 0));
        if (template == KeepAliveSessionDecoder.TEMPLATE_ID) {
            results.done(0);
            return;
        }
        if (of.isAcked(commandId)) {
            results.failed(
                    NamespaceError.INVALID, "answered long ago: session=" + input.session() + ", command=" + commandId);
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
        try {
            carryOut(template);
        } catch (Refusal refusal) {
            store.changes.abandon();
            results.failed(refusal.error(), refusal.getMessage());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            if (input.isDecoded()) {
                throw e;
            }
            results.failed(NamespaceError.INVALID, "malformed command: template=" + template + ", " + e.getMessage());
        }
    }

    private void unsupported(int template) {
        results.failed(
                NamespaceError.UNSUPPORTED,
                "unknown command: template=" + template + ", version=" + CommandHead.version(input.command(), 0)
                        + ", supported=" + OpenSessionDecoder.SCHEMA_VERSION);
    }

    private void carryOut(int template) {
        if (store.meta.get(Meta.IS_SPACE_LOW) != 0 && needsSpace(template)) {
            throw new Refusal(NamespaceError.NO_SPACE, "no space is left on the disk of the namespace's log");
        }
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
            case TickDecoder.TEMPLATE_ID -> results.failed(NamespaceError.NOT_PERMITTED, "time is the cluster's");
            default -> {
                if (!keys.carryOut(template) && !attributes.carryOut(template)) {
                    unsupported(template);
                }
            }
        }
    }

    /** Whether a command is refused while space is low: what deletes is not, nor what sessions and leases live by. */
    private static boolean needsSpace(int template) {
        return switch (template) {
            case MakeNodeDecoder.TEMPLATE_ID,
                    MakeLinkDecoder.TEMPLATE_ID,
                    CommitContentDecoder.TEMPLATE_ID,
                    AddPlacementTableDecoder.TEMPLATE_ID,
                    PutDecoder.TEMPLATE_ID,
                    PutLeasedDecoder.TEMPLATE_ID,
                    CompareAndSetDecoder.TEMPLATE_ID,
                    SetXattrDecoder.TEMPLATE_ID -> true;
            default -> false;
        };
    }

    /** Carries out a command of a transaction; what is wrong with it is a {@link Refusal}. */
    private void carryOutWithin(int template, DirectBuffer operation) {
        input.wrap(operation, input.session());
        if (template == KeyQueryDecoder.TEMPLATE_ID) {
            store.flush();
            queries.answerWithin(template, operation, store.txn());
        } else {
            carryOut(template);
        }
    }

    private void onOpenSession() {
        openSession.wrapAndApplyHeader(input.checked(OpenSessionDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        SessionTable.Session same = sessions.byNonce(openSession.nonce());
        if (same == null) {
            if (openSession.leaseNs() < MIN_LEASE_NS) {
                throw new Refusal(NamespaceError.INVALID, "lease too short: leaseNs=" + openSession.leaseNs());
            }
            long id = store.meta.next(Meta.NEXT_SESSION);
            same = new SessionTable.Session(id, openSession.nonce(), openSession.leaseNs(), store.servedNs());
            sessions.open(same);
        }
        results.done(same.id);
    }

    private void onCloseSession() {
        input.decoded();
        end(sessions.get(input.session()));
        results.done(0);
    }

    private void onMakeNode() {
        makeNode.wrapAndApplyHeader(input.checked(MakeNodeDecoder.BLOCK_LENGTH), 0, input.header);
        makeNode.wrapName(input.first);
        makeNode.wrapTarget(input.second);
        input.decoded();
        results.inode(tree.makeNode(
                input.session(),
                makeNode.parent(),
                input.first,
                makeNode.mode(),
                makeNode.uid(),
                makeNode.gid(),
                input.second));
    }

    private void onMakeLink() {
        makeLink.wrapAndApplyHeader(input.checked(MakeLinkDecoder.BLOCK_LENGTH), 0, input.header);
        makeLink.wrapNewName(input.first);
        input.decoded();
        results.inode(tree.link(input.session(), makeLink.inode(), makeLink.newParent(), input.first));
    }

    private void onUnlink() {
        unlink.wrapAndApplyHeader(input.checked(UnlinkDecoder.BLOCK_LENGTH), 0, input.header);
        unlink.wrapName(input.first);
        input.decoded();
        results.inode(tree.unlink(input.session(), unlink.parent(), input.first, unlink.keepOpenRaw() == 1));
    }

    private void onRemoveDirectory() {
        removeDirectory.wrapAndApplyHeader(input.checked(RemoveDirectoryDecoder.BLOCK_LENGTH), 0, input.header);
        removeDirectory.wrapName(input.first);
        input.decoded();
        tree.removeDirectory(input.session(), removeDirectory.parent(), input.first);
        results.done(0);
    }

    private void onRename() {
        rename.wrapAndApplyHeader(input.checked(RenameDecoder.BLOCK_LENGTH), 0, input.header);
        rename.wrapName(input.first);
        rename.wrapNewName(input.second);
        input.decoded();
        results.inode(tree.rename(
                input.session(),
                rename.parent(),
                input.first,
                rename.newParent(),
                input.second,
                rename.renameFlags(),
                rename.keepOpenRaw() == 1));
    }

    private void onReleaseUnlinked() {
        releaseUnlinked.wrapAndApplyHeader(input.checked(ReleaseUnlinkedDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        tree.releaseUnlinked(input.session(), releaseUnlinked.inode());
        results.done(0);
    }

    private void onSetAttributes() {
        setAttributes.wrapAndApplyHeader(input.checked(SetAttributesDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        AttributeChange change = new AttributeChange(
                setAttributes.mode(),
                setAttributes.uid(),
                setAttributes.gid(),
                setAttributes.size(),
                setAttributes.atimeNs(),
                setAttributes.mtimeNs());
        results.inode(content.setAttributes(input.session(), setAttributes.inode(), change));
    }

    private void onCommitContent() {
        commitContent.wrapAndApplyHeader(input.checked(CommitContentDecoder.BLOCK_LENGTH), 0, input.header);
        List<Extent> laid = new ArrayList<>();
        for (CommitContentDecoder.ExtentsDecoder extent : commitContent.extents()) {
            laid.add(Records.get(extent.extent()));
        }
        commitContent.wrapInlineBytes(input.first);
        input.decoded();
        ContentCommit commit = new ContentCommit(
                commitContent.inode(),
                commitContent.replaceRaw() == 1,
                commitContent.expectedContentVersion(),
                null,
                laid,
                commitContent.size(),
                commitContent.mtimeNs());
        results.inode(content.commit(input.session(), commit, commitContent.hasInlineRaw() == 1 ? input.first : null));
    }

    private void onAddPlacementTable() {
        addPlacement.wrapAndApplyHeader(input.checked(AddPlacementTableDecoder.BLOCK_LENGTH), 0, input.header);
        AddPlacementTableDecoder.TargetsDecoder group = addPlacement.targets();
        int[] targets = new int[group.count()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = group.next().target();
        }
        input.decoded();
        results.done(system.addPlacementTable(addPlacement.dataChunks(), addPlacement.parityChunks(), targets));
    }

    private void onAcknowledgeFreed() {
        acknowledgeFreed.wrapAndApplyHeader(input.checked(AcknowledgeFreedDecoder.BLOCK_LENGTH), 0, input.header);
        AcknowledgeFreedDecoder.RunsDecoder group = acknowledgeFreed.runs();
        long[] sequences = new long[group.count()];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = group.next().sequence();
        }
        input.decoded();
        results.done(system.acknowledgeFreed(sequences));
    }
}
