package org.apollofs.namespace.command;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.command.sbe.ContentResultDecoder;
import org.apollofs.namespace.command.sbe.DirectoryResultDecoder;
import org.apollofs.namespace.command.sbe.DoneDecoder;
import org.apollofs.namespace.command.sbe.FailedDecoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.FreedResultDecoder;
import org.apollofs.namespace.command.sbe.InodeResultDecoder;
import org.apollofs.namespace.command.sbe.KeyResultDecoder;
import org.apollofs.namespace.command.sbe.LiveExtentsResultDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.PlacementResultDecoder;

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

    /** A page of a file's content. */
    record ContentPage(Inode inode, byte[] inline, List<Extent> extents, boolean more) {}

    /** A page of all extents. */
    record LiveExtents(List<Extent> extents, long lastInode, long nextOffset) {}

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
}
