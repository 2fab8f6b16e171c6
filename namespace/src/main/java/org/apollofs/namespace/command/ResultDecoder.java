package org.apollofs.namespace.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;
import org.apollofs.namespace.command.sbe.ChangeEntriesResultDecoder;
import org.apollofs.namespace.command.sbe.ChangeRangeResultDecoder;
import org.apollofs.namespace.command.sbe.ConsumersResultDecoder;
import org.apollofs.namespace.command.sbe.ContentResultDecoder;
import org.apollofs.namespace.command.sbe.DirectoryResultDecoder;
import org.apollofs.namespace.command.sbe.DoneDecoder;
import org.apollofs.namespace.command.sbe.FailedDecoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.FreedResultDecoder;
import org.apollofs.namespace.command.sbe.InodeResultDecoder;
import org.apollofs.namespace.command.sbe.KeyPageResultDecoder;
import org.apollofs.namespace.command.sbe.KeyResultDecoder;
import org.apollofs.namespace.command.sbe.LiveExtentsResultDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.PlacementResultDecoder;
import org.apollofs.namespace.command.sbe.SessionsResultDecoder;
import org.apollofs.namespace.command.sbe.TransactionResultDecoder;
import org.apollofs.namespace.command.sbe.XattrNamesResultDecoder;
import org.apollofs.namespace.command.sbe.XattrResultDecoder;

/**
 * Decodes results; each method throws the {@link NamespaceException} that the result is, if it is one. One thread at a time.
 */
public final class ResultDecoder {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DoneDecoder done = new DoneDecoder();
    private final FailedDecoder failed = new FailedDecoder();
    private final InodeResultDecoder inodeResult = new InodeResultDecoder();
    private final KeyResultDecoder keyResult = new KeyResultDecoder();
    private final DirectoryResultDecoder directoryResult = new DirectoryResultDecoder();
    private final ContentResultDecoder contentResult = new ContentResultDecoder();
    private final PlacementResultDecoder placementResult = new PlacementResultDecoder();
    private final FreedResultDecoder freedResult = new FreedResultDecoder();
    private final LiveExtentsResultDecoder liveExtentsResult = new LiveExtentsResultDecoder();
    private final SessionsResultDecoder sessionsResult = new SessionsResultDecoder();

    /** A page of a file's content. */
    record ContentPage(Inode inode, byte[] inline, List<Extent> extents, boolean more) {}

    /** A page of all extents. */
    record LiveExtents(List<Extent> extents, long lastInode, long nextOffset) {}

    /** A page of the sessions that are open. */
    record SessionsPage(OpenSessions sessions, boolean more) {}

    /** Whether a result says NO_SPACE. */
    public static boolean isWithoutSpace(DirectBuffer result) {
        return CommandHead.templateId(result, 0) == FailedDecoder.TEMPLATE_ID
                && CommandHead.isSupported(result, 0)
                && new FailedDecoder()
                                .wrapAndApplyHeader(result, 0, new MessageHeaderDecoder())
                                .errorCode()
                        == NamespaceError.NO_SPACE.code();
    }

    private void expect(DirectBuffer result, int template) {
        int actual = CommandHead.templateId(result, 0);
        if (!CommandHead.isSupported(result, 0)) {
            throw new NamespaceException(
                    NamespaceError.UNSUPPORTED,
                    "result of an unknown version: template=" + actual + ", version=" + CommandHead.version(result, 0)
                            + ", supported=" + DoneDecoder.SCHEMA_VERSION);
        }
        if (actual == FailedDecoder.TEMPLATE_ID) {
            failed.wrapAndApplyHeader(result, 0, header);
            NamespaceError error = NamespaceError.of(failed.errorCode());
            throw new NamespaceException(error, failed.reason());
        }
        if (actual != template) {
            throw new IllegalStateException("unexpected result: template=" + actual + ", expected=" + template);
        }
    }

    public long done(DirectBuffer result) {
        expect(result, DoneDecoder.TEMPLATE_ID);
        return done.wrapAndApplyHeader(result, 0, header).value();
    }

    /** The inode, or null for none. */
    public Inode inode(DirectBuffer result) {
        expect(result, InodeResultDecoder.TEMPLATE_ID);
        return Records.get(inodeResult.wrapAndApplyHeader(result, 0, header).inode());
    }

    KeyValue.Value key(DirectBuffer result) {
        expect(result, KeyResultDecoder.TEMPLATE_ID);
        keyResult.wrapAndApplyHeader(result, 0, header);
        Inode inode = Records.get(keyResult.inode());
        if (inode == null) {
            return null;
        }
        byte[] value = null;
        if (keyResult.hasValue() == Flag.YES) {
            value = new byte[keyResult.valueLength()];
            keyResult.getValue(value, 0, value.length);
        }
        return new KeyValue.Value(value, inode.contentVersion(), inode);
    }

    DirectoryPage directory(DirectBuffer result) {
        expect(result, DirectoryResultDecoder.TEMPLATE_ID);
        directoryResult.wrapAndApplyHeader(result, 0, header);
        boolean more = directoryResult.more() == Flag.YES;
        DirectoryResultDecoder.EntriesDecoder group = directoryResult.entries();
        List<DirectoryEntry> entries = new ArrayList<>(group.count());
        while (group.hasNext()) {
            Inode inode = Records.get(group.next().inode());
            byte[] name = new byte[group.nameLength()];
            group.getName(name, 0, name.length);
            entries.add(new DirectoryEntry(name, inode));
        }
        return new DirectoryPage(entries, more);
    }

    ContentPage content(DirectBuffer result) {
        expect(result, ContentResultDecoder.TEMPLATE_ID);
        contentResult.wrapAndApplyHeader(result, 0, header);
        boolean more = contentResult.more() == Flag.YES;
        Inode inode = Records.get(contentResult.inode());
        List<Extent> extents = new ArrayList<>();
        for (ContentResultDecoder.ExtentsDecoder extent : contentResult.extents()) {
            extents.add(Records.get(extent.extent()));
        }
        byte[] inline = new byte[contentResult.inlineBytesLength()];
        contentResult.getInlineBytes(inline, 0, inline.length);
        return new ContentPage(inode, inline, extents, more);
    }

    /** The table, or null for none. */
    PlacementTable placement(DirectBuffer result) {
        expect(result, PlacementResultDecoder.TEMPLATE_ID);
        placementResult.wrapAndApplyHeader(result, 0, header);
        if (placementResult.id() == 0) {
            return null;
        }
        int k = placementResult.dataChunks();
        int m = placementResult.parityChunks();
        PlacementResultDecoder.TargetsDecoder targets = placementResult.targets();
        List<int[]> groups = new ArrayList<>();
        while (targets.hasNext()) {
            int[] group = new int[k + m];
            for (int i = 0; i < group.length; i++) {
                group[i] = targets.next().target();
            }
            groups.add(group);
        }
        return new PlacementTable(placementResult.id(), k, m, List.copyOf(groups));
    }

    List<FreedRun> freed(DirectBuffer result) {
        expect(result, FreedResultDecoder.TEMPLATE_ID);
        freedResult.wrapAndApplyHeader(result, 0, header);
        List<FreedRun> runs = new ArrayList<>();
        for (FreedResultDecoder.RunsDecoder run : freedResult.runs()) {
            runs.add(Records.get(run.run()));
        }
        return runs;
    }

    SessionsPage sessions(DirectBuffer result) {
        expect(result, SessionsResultDecoder.TEMPLATE_ID);
        sessionsResult.wrapAndApplyHeader(result, 0, header);
        NamespaceIdentity identity = new NamespaceIdentity(
                new UUID(sessionsResult.idHigh(), sessionsResult.idLow()),
                sessionsResult.generation(),
                sessionsResult.firstSession());
        long next = sessionsResult.nextSession();
        boolean more = sessionsResult.more() == Flag.YES;
        SessionsResultDecoder.OpenDecoder group = sessionsResult.open();
        long[] open = new long[group.count()];
        for (int i = 0; i < open.length; i++) {
            open[i] = group.next().number();
        }
        return new SessionsPage(new OpenSessions(identity, next, open), more);
    }

    LiveExtents liveExtents(DirectBuffer result) {
        expect(result, LiveExtentsResultDecoder.TEMPLATE_ID);
        liveExtentsResult.wrapAndApplyHeader(result, 0, header);
        long lastInode = liveExtentsResult.lastInode();
        long nextOffset = liveExtentsResult.nextOffset();
        List<Extent> extents = new ArrayList<>();
        for (LiveExtentsResultDecoder.ExtentsDecoder extent : liveExtentsResult.extents()) {
            extents.add(Records.get(extent.extent()));
        }
        return new LiveExtents(extents, lastInode, nextOffset);
    }

    KeyPage keyPage(DirectBuffer result) {
        expect(result, KeyPageResultDecoder.TEMPLATE_ID);
        KeyPageResultDecoder page = new KeyPageResultDecoder();
        page.wrapAndApplyHeader(result, 0, header);
        boolean hasNext = page.hasNext() == Flag.YES;
        KeyPageResultDecoder.EntriesDecoder group = page.entries();
        List<KeyPage.Entry> entries = new ArrayList<>(group.count());
        while (group.hasNext()) {
            boolean hasValue = group.next().hasValue() == Flag.YES;
            Inode inode = Records.get(group.inode());
            byte[] key = new byte[group.keyLength()];
            group.getKey(key, 0, key.length);
            byte[] value = new byte[group.valueLength()];
            group.getValue(value, 0, value.length);
            entries.add(new KeyPage.Entry(
                    new String(key, StandardCharsets.UTF_8), hasValue ? value : null, inode.contentVersion(), inode));
        }
        byte[] next = new byte[page.nextLength()];
        page.getNext(next, 0, next.length);
        return new KeyPage(entries, hasNext ? new String(next, StandardCharsets.UTF_8) : null);
    }

    ChangeLog.Reached changes(DirectBuffer result, ChangeView.Handler handler) {
        expect(result, ChangeEntriesResultDecoder.TEMPLATE_ID);
        ChangeEntriesResultDecoder page = new ChangeEntriesResultDecoder();
        page.wrapAndApplyHeader(result, 0, header);
        int offset = page.limit() + ChangeEntriesResultDecoder.runsHeaderLength();
        new ChangeRecord().forEachOfRuns(result, offset, page.runsLength(), handler);
        return new ChangeLog.Reached(page.nextSequence(), page.lastSequence());
    }

    ChangeLog.Range changeRange(DirectBuffer result) {
        expect(result, ChangeRangeResultDecoder.TEMPLATE_ID);
        ChangeRangeResultDecoder range = new ChangeRangeResultDecoder();
        range.wrapAndApplyHeader(result, 0, header);
        return new ChangeLog.Range(range.firstSequence(), range.lastSequence());
    }

    /** Adds a page of consumers. @return the name to go on after, or null. */
    byte[] consumers(DirectBuffer result, Map<String, Long> to) {
        expect(result, ConsumersResultDecoder.TEMPLATE_ID);
        ConsumersResultDecoder page = new ConsumersResultDecoder();
        page.wrapAndApplyHeader(result, 0, header);
        boolean more = page.more() == Flag.YES;
        byte[] last = null;
        ConsumersResultDecoder.ConsumersDecoder group = page.consumers();
        while (group.hasNext()) {
            long position = group.next().position();
            last = new byte[group.nameLength()];
            group.getName(last, 0, last.length);
            to.put(new String(last, StandardCharsets.UTF_8), position);
        }
        return more ? last : null;
    }

    byte[] xattr(DirectBuffer result) {
        expect(result, XattrResultDecoder.TEMPLATE_ID);
        XattrResultDecoder found = new XattrResultDecoder();
        found.wrapAndApplyHeader(result, 0, header);
        if (found.found() != Flag.YES) {
            return null;
        }
        byte[] value = new byte[found.valueLength()];
        found.getValue(value, 0, value.length);
        return value;
    }

    List<byte[]> xattrNames(DirectBuffer result) {
        expect(result, XattrNamesResultDecoder.TEMPLATE_ID);
        XattrNamesResultDecoder found = new XattrNamesResultDecoder();
        found.wrapAndApplyHeader(result, 0, header);
        byte[] all = new byte[found.namesLength()];
        found.getNames(all, 0, all.length);
        List<byte[]> names = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == 0) {
                names.add(Arrays.copyOfRange(all, start, i));
                start = i + 1;
            }
        }
        return names;
    }

    /** @param txn what was asked for: it says of which kind each outcome is. */
    TxnResult transaction(DirectBuffer result, Txn txn) {
        expect(result, TransactionResultDecoder.TEMPLATE_ID);
        TransactionResultDecoder decoder = new TransactionResultDecoder();
        decoder.wrapAndApplyHeader(result, 0, header);
        boolean succeeded = decoder.succeeded() == Flag.YES;
        long transaction = decoder.transaction();
        List<Txn.Operation> operations = succeeded ? txn.then() : txn.otherwise();
        List<TxnResult.Outcome> outcomes = new ArrayList<>();
        TransactionResultDecoder.OutcomesDecoder group = decoder.outcomes();
        UnsafeBuffer nested = new UnsafeBuffer(0, 0);
        for (Txn.Operation operation : operations) {
            group.next().wrapResult(nested);
            outcomes.add(outcome(operation, nested));
        }
        return new TxnResult(succeeded, transaction, outcomes);
    }

    private TxnResult.Outcome outcome(Txn.Operation operation, DirectBuffer result) {
        return switch (operation) {
            case Txn.Get get -> {
                KeyValue.Value value = key(result);
                yield new TxnResult.Outcome(value != null, value == null ? 0 : value.version(), value, null);
            }
            case Txn.Put put -> new TxnResult.Outcome(true, done(result), null, null);
            case Txn.Delete delete -> new TxnResult.Outcome(done(result) != 0, 0, null, null);
            case Txn.RemoveTree remove -> new TxnResult.Outcome(done(result) != 0, 0, null, null);
            case Txn.Commit commit -> {
                Inode inode = inode(result);
                yield new TxnResult.Outcome(true, inode.contentVersion(), null, inode);
            }
            case Txn.Rename rename -> {
                Inode replaced = inode(result);
                yield new TxnResult.Outcome(replaced != null, 0, null, replaced);
            }
        };
    }
}
