package org.apollofs.namespace.state;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.command.ChangeRecord;
import org.apollofs.namespace.command.Records;
import org.apollofs.namespace.command.sbe.ChangeEntriesResultEncoder;
import org.apollofs.namespace.command.sbe.ChangeRangeResultEncoder;
import org.apollofs.namespace.command.sbe.ConsumersResultEncoder;
import org.apollofs.namespace.command.sbe.ContentResultEncoder;
import org.apollofs.namespace.command.sbe.DirectoryResultEncoder;
import org.apollofs.namespace.command.sbe.DoneEncoder;
import org.apollofs.namespace.command.sbe.FailedEncoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.FreedResultEncoder;
import org.apollofs.namespace.command.sbe.InodeResultEncoder;
import org.apollofs.namespace.command.sbe.KeyPageResultEncoder;
import org.apollofs.namespace.command.sbe.KeyResultEncoder;
import org.apollofs.namespace.command.sbe.LiveExtentsResultEncoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.PlacementResultEncoder;
import org.apollofs.namespace.command.sbe.SessionsResultEncoder;
import org.apollofs.namespace.command.sbe.TransactionResultEncoder;
import org.apollofs.namespace.command.sbe.XattrNamesResultEncoder;
import org.apollofs.namespace.command.sbe.XattrResultEncoder;
import org.lmdbjava.Txn;

/**
 * Encodes the results of a batch, one behind the other: {@link #begin} says for which command, and one of the other
 * methods what came of it. Owned by the apply thread.
 */
final class ResultWriter {
    private static final byte[] NO_BYTES = new byte[0];
    private static final Inode NO_INODE = new Inode(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final ExpandableDirectByteBuffer buffer = new ExpandableDirectByteBuffer(64 * 1024);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final DoneEncoder done = new DoneEncoder();
    private final FailedEncoder failed = new FailedEncoder();
    private final InodeResultEncoder inodeResult = new InodeResultEncoder();
    private final KeyResultEncoder keyResult = new KeyResultEncoder();
    private final DirectoryResultEncoder directoryResult = new DirectoryResultEncoder();
    private final ContentResultEncoder contentResult = new ContentResultEncoder();
    private final PlacementResultEncoder placementResult = new PlacementResultEncoder();
    private final FreedResultEncoder freedResult = new FreedResultEncoder();
    private final LiveExtentsResultEncoder liveExtentsResult = new LiveExtentsResultEncoder();
    private final SessionsResultEncoder sessionsResult = new SessionsResultEncoder();
    private final TransactionResultEncoder transactionResult = new TransactionResultEncoder();
    private final KeyPageResultEncoder keyPageResult = new KeyPageResultEncoder();
    private final ChangeEntriesResultEncoder changesResult = new ChangeEntriesResultEncoder();
    private final ChangeRangeResultEncoder rangeResult = new ChangeRangeResultEncoder();
    private final ConsumersResultEncoder consumersResult = new ConsumersResultEncoder();
    private final XattrResultEncoder xattrResult = new XattrResultEncoder();
    private final XattrNamesResultEncoder xattrNamesResult = new XattrNamesResultEncoder();

    private long session;
    private long commandId;
    private int offset;
    private int limit;

    /** Forgets all results. */
    void clear() {
        offset = 0;
        limit = 0;
    }

    /** The next result is for this command. Results stand at multiples of 8. */
    void begin(long ofSession, long ofCommandId) {
        session = ofSession;
        commandId = ofCommandId;
        offset = (limit + 7) & ~7;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** Where the result just written begins. */
    int offset() {
        return offset;
    }

    /** Bytes of the result just written. */
    int length() {
        return limit - offset;
    }

    byte[] copy() {
        byte[] bytes = new byte[length()];
        buffer.getBytes(offset, bytes);
        return bytes;
    }

    /** A result that was encoded before. */
    void stored(byte[] result) {
        buffer.putBytes(offset, result);
        limit = offset + result.length;
    }

    /** Forgets the result just written: another will stand in its place. */
    void drop() {
        limit = offset;
    }

    void done(long value) {
        done.wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .value(value);
        limit = done.limit();
    }

    void failed(NamespaceError error, String reason) {
        failed.wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .errorCode(error.code());
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        failed.putReason(text, 0, text.length);
        limit = failed.limit();
    }

    /** @param inode null for none. */
    void inode(Inode inode) {
        inodeResult.wrapAndApplyHeader(buffer, offset, header).session(session).commandId(commandId);
        Records.put(inodeResult.inode(), inode == null ? NO_INODE : inode);
        limit = inodeResult.limit();
    }

    /** @param value null for none. */
    void key(KeyValue.Value value) {
        byte[] bytes = value == null ? null : value.value();
        keyResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .hasValue(bytes == null ? Flag.NO : Flag.YES);
        Records.put(keyResult.inode(), value == null ? NO_INODE : value.inode());
        keyResult.putValue(bytes == null ? NO_BYTES : bytes, 0, bytes == null ? 0 : bytes.length);
        limit = keyResult.limit();
    }

    void directory(DirectoryPage page) {
        directoryResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .more(page.more() ? Flag.YES : Flag.NO);
        DirectoryResultEncoder.EntriesEncoder entries =
                directoryResult.entriesCount(page.entries().size());
        for (DirectoryEntry entry : page.entries()) {
            Records.put(entries.next().inode(), entry.inode());
            entries.putName(entry.name(), 0, entry.name().length);
        }
        limit = directoryResult.limit();
    }

    void content(Inode inode, byte[] inline, List<Extent> extents, boolean more) {
        contentResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .more(more ? Flag.YES : Flag.NO);
        Records.put(contentResult.inode(), inode);
        ContentResultEncoder.ExtentsEncoder group = contentResult.extentsCount(extents.size());
        for (Extent extent : extents) {
            Records.put(group.next().extent(), extent);
        }
        contentResult.putInlineBytes(inline, 0, inline.length);
        limit = contentResult.limit();
    }

    /** @param table null for none. */
    void placement(PlacementTable table) {
        placementResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .id(table == null ? 0 : table.id())
                .dataChunks(table == null ? 0 : table.dataChunks())
                .parityChunks(table == null ? 0 : table.parityChunks());
        int width = table == null ? 0 : table.dataChunks() + table.parityChunks();
        PlacementResultEncoder.TargetsEncoder targets =
                placementResult.targetsCount(table == null ? 0 : table.groups().size() * width);
        if (table != null) {
            for (int[] group : table.groups()) {
                for (int target : group) {
                    targets.next().target(target);
                }
            }
        }
        limit = placementResult.limit();
    }

    void freed(List<FreedRun> runs) {
        freedResult.wrapAndApplyHeader(buffer, offset, header).session(session).commandId(commandId);
        FreedResultEncoder.RunsEncoder group = freedResult.runsCount(runs.size());
        for (FreedRun run : runs) {
            Records.put(group.next().run(), run);
        }
        limit = freedResult.limit();
    }

    /** The sessions above one, as many as fit. */
    void sessions(OpenSessions sessions, long above, int atMost) {
        long[] open = sessions.open();
        int from = 0;
        while (from < open.length && open[from] <= above) {
            from++;
        }
        int count = Math.min(atMost, open.length - from);
        NamespaceIdentity identity = sessions.identity();
        sessionsResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .idHigh(identity.id().getMostSignificantBits())
                .idLow(identity.id().getLeastSignificantBits())
                .generation(identity.generation())
                .firstSession(identity.firstSession())
                .nextSession(sessions.next())
                .more(from + count < open.length ? Flag.YES : Flag.NO);
        SessionsResultEncoder.OpenEncoder group = sessionsResult.openCount(count);
        for (int i = 0; i < count; i++) {
            group.next().number(open[from + i]);
        }
        limit = sessionsResult.limit();
    }

    void liveExtents(StateReader.LiveExtents live) {
        liveExtentsResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .lastInode(live.lastInode())
                .nextOffset(live.nextOffset());
        LiveExtentsResultEncoder.ExtentsEncoder group =
                liveExtentsResult.extentsCount(live.extents().size());
        for (Extent extent : live.extents()) {
            Records.put(group.next().extent(), extent);
        }
        limit = liveExtentsResult.limit();
    }

    /** @param outcomes encoded results of the operations. */
    void transaction(boolean succeeded, long transaction, List<byte[]> outcomes) {
        transactionResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .transaction(transaction)
                .succeeded(succeeded ? Flag.YES : Flag.NO);
        TransactionResultEncoder.OutcomesEncoder group = transactionResult.outcomesCount(outcomes.size());
        for (byte[] outcome : outcomes) {
            group.next().putResult(outcome, 0, outcome.length);
        }
        limit = transactionResult.limit();
    }

    void keyPage(KeyPage page) {
        keyPageResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .hasNext(page.next() == null ? Flag.NO : Flag.YES);
        KeyPageResultEncoder.EntriesEncoder group =
                keyPageResult.entriesCount(page.entries().size());
        for (KeyPage.Entry entry : page.entries()) {
            byte[] value = entry.value() == null ? NO_BYTES : entry.value();
            byte[] key = entry.key().getBytes(StandardCharsets.UTF_8);
            group.next().hasValue(entry.value() == null ? Flag.NO : Flag.YES);
            Records.put(group.inode(), entry.inode());
            group.putKey(key, 0, key.length).putValue(value, 0, value.length);
        }
        byte[] next = page.next() == null ? NO_BYTES : page.next().getBytes(StandardCharsets.UTF_8);
        keyPageResult.putNext(next, 0, next.length);
        limit = keyPageResult.limit();
    }

    /** A page of the change log: runs of entries are copied as they stand in their table. */
    void changes(Txn<DirectBuffer> txn, ChangeReader reader, long from, byte[] prefix, int atMost) {
        changesResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId);
        int start = changesResult.limit() + ChangeEntriesResultEncoder.runsHeaderLength();
        limit = start;
        reader.read(
                txn,
                from,
                prefix,
                Math.max(1, atMost),
                (sequence, run) -> limit = ChangeRecord.putRun(buffer, limit, sequence, run));
        changesResult.nextSequence(reader.next()).lastSequence(reader.last());
        buffer.putInt(start - Integer.BYTES, limit - start, LITTLE_ENDIAN);
    }

    void changeRange(ChangeLog.Range range) {
        rangeResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .firstSequence(range.first())
                .lastSequence(range.last());
        limit = rangeResult.limit();
    }

    /** @param page a full one says that there may be more. */
    void consumers(Map<String, Long> page) {
        consumersResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .more(page.size() == ChangeReader.CONSUMERS_PAGE ? Flag.YES : Flag.NO);
        ConsumersResultEncoder.ConsumersEncoder group = consumersResult.consumersCount(page.size());
        page.forEach((name, position) -> {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            group.next().position(position).putName(text, 0, text.length);
        });
        limit = consumersResult.limit();
    }

    /** @param value null for none. */
    void xattr(byte[] value) {
        xattrResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .found(value == null ? Flag.NO : Flag.YES)
                .putValue(value == null ? NO_BYTES : value, 0, value == null ? 0 : value.length);
        limit = xattrResult.limit();
    }

    void xattrNames(List<byte[]> names) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] name : names) {
            all.writeBytes(name);
            all.write(0);
        }
        xattrNamesResult
                .wrapAndApplyHeader(buffer, offset, header)
                .session(session)
                .commandId(commandId)
                .putNames(all.toByteArray(), 0, all.size());
        limit = xattrNamesResult.limit();
    }
}
