package org.apollofs.namespace.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.command.sbe.AttributesQueryEncoder;
import org.apollofs.namespace.command.sbe.ChangeRangeQueryEncoder;
import org.apollofs.namespace.command.sbe.ChangesQueryEncoder;
import org.apollofs.namespace.command.sbe.ConsumerQueryEncoder;
import org.apollofs.namespace.command.sbe.ConsumersQueryEncoder;
import org.apollofs.namespace.command.sbe.ContentQueryEncoder;
import org.apollofs.namespace.command.sbe.CountQueryEncoder;
import org.apollofs.namespace.command.sbe.DirectoryQueryEncoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.FreedQueryEncoder;
import org.apollofs.namespace.command.sbe.KeyQueryEncoder;
import org.apollofs.namespace.command.sbe.LiveExtentsQueryEncoder;
import org.apollofs.namespace.command.sbe.LookupQueryEncoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.PlacementQueryEncoder;
import org.apollofs.namespace.command.sbe.ScanQueryEncoder;
import org.apollofs.namespace.command.sbe.SessionsQueryEncoder;
import org.apollofs.namespace.command.sbe.XattrNamesQueryEncoder;
import org.apollofs.namespace.command.sbe.XattrQueryEncoder;

/**
 * Reads as encoded questions over a channel: that of commands, where each takes its place in the log, or one that answers them
 * beside it. Thread-safe.
 */
public final class QueryReads implements NamespaceReads {
    /** Records asked for at a time. */
    private static final int PAGE = 8 * 1024;

    private static final byte[] NO_BYTES = new byte[0];

    private final CommandChannel channel;

    /** @param channel not owned. */
    public QueryReads(CommandChannel channel) {
        this.channel = channel;
    }

    @Override
    public Inode lookup(long parent, byte[] name) {
        CommandEncoder.checkName(name);
        try (CommandChannel.Call call = channel.begin()) {
            LookupQueryEncoder query = new LookupQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .parent(parent)
                    .putName(name, 0, name.length);
            return new ResultDecoder().inode(call.execute(query.limit()));
        }
    }

    @Override
    public Inode getAttributes(long inode) {
        try (CommandChannel.Call call = channel.begin()) {
            AttributesQueryEncoder query = new AttributesQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .inode(inode);
            return new ResultDecoder().inode(call.execute(query.limit()));
        }
    }

    @Override
    public DirectoryPage readDirectory(long directory, byte[] after, int limit) {
        try (CommandChannel.Call call = channel.begin()) {
            DirectoryQueryEncoder query = new DirectoryQueryEncoder();
            byte[] name = after == null ? NO_BYTES : after;
            CommandEncoder.checkName(name);
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .directory(directory)
                    .atMost(limit)
                    .hasAfter(after == null ? Flag.NO : Flag.YES)
                    .putAfter(name, 0, name.length);
            return new ResultDecoder().directory(call.execute(query.limit()));
        }
    }

    /** A long list of extents comes in pages; if the file changes between two of them, it is read anew. */
    @Override
    public FileContent readContent(long inode) {
        while (true) {
            ResultDecoder.ContentPage first = content(inode, 0);
            List<Extent> extents = new ArrayList<>(first.extents());
            ResultDecoder.ContentPage page = first;
            while (page.more() && page.inode().version() == first.inode().version()) {
                page = content(inode, extents.getLast().end());
                extents.addAll(page.extents());
            }
            if (page.inode().version() == first.inode().version()) {
                return new FileContent(first.inode(), first.inline(), extents);
            }
        }
    }

    private ResultDecoder.ContentPage content(long inode, long fromOffset) {
        try (CommandChannel.Call call = channel.begin()) {
            ContentQueryEncoder query = new ContentQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .inode(inode)
                    .fromOffset(fromOffset)
                    .atMost(PAGE);
            return new ResultDecoder().content(call.execute(query.limit()));
        }
    }

    @Override
    public KeyValue.Value get(byte[] path) {
        CommandEncoder.checkPath(path);
        try (CommandChannel.Call call = channel.begin()) {
            KeyQueryEncoder query = new KeyQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .putPath(path, 0, path.length);
            return new ResultDecoder().key(call.execute(query.limit()));
        }
    }

    @Override
    public PlacementTable placementAfter(int id) {
        try (CommandChannel.Call call = channel.begin()) {
            PlacementQueryEncoder query = new PlacementQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .afterId(id);
            return new ResultDecoder().placement(call.execute(query.limit()));
        }
    }

    @Override
    public List<FreedRun> freedRuns(int limit) {
        try (CommandChannel.Call call = channel.begin()) {
            FreedQueryEncoder query = new FreedQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .atMost(limit);
            return new ResultDecoder().freed(call.execute(query.limit()));
        }
    }

    @Override
    public List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode) {
        ResultDecoder.LiveExtents page = liveExtents(afterInode, inodeLimit, 0);
        List<Extent> extents = new ArrayList<>(page.extents());
        while (page.nextOffset() > 0) {
            page = liveExtents(page.lastInode(), 1, page.nextOffset());
            extents.addAll(page.extents());
        }
        lastInode[0] = page.lastInode();
        return extents;
    }

    private ResultDecoder.LiveExtents liveExtents(long afterInode, int inodeLimit, long fromOffset) {
        try (CommandChannel.Call call = channel.begin()) {
            LiveExtentsQueryEncoder query = new LiveExtentsQueryEncoder();
            MutableDirectBuffer to = call.command();
            query.wrapAndApplyHeader(to, 0, new MessageHeaderEncoder())
                    .afterInode(afterInode)
                    .inodeLimit(inodeLimit)
                    .fromOffset(fromOffset)
                    .atMost(PAGE);
            return new ResultDecoder().liveExtents(call.execute(query.limit()));
        }
    }

    /**
     * Many sessions come in pages. One that ends meanwhile may be left out; one that is opened meanwhile has a number from
     * {@code next} on, or is left out of it.
     */
    @Override
    public OpenSessions sessions() {
        ResultDecoder.SessionsPage first = sessionsAbove(0);
        ResultDecoder.SessionsPage page = first;
        LongStream.Builder open = LongStream.builder();
        long[] numbers = add(open, page);
        while (page.more()) {
            page = sessionsAbove(numbers[numbers.length - 1]);
            numbers = add(open, page);
        }
        return new OpenSessions(
                first.sessions().identity(),
                first.sessions().next(),
                open.build().toArray());
    }

    private static long[] add(LongStream.Builder open, ResultDecoder.SessionsPage page) {
        long[] numbers = page.sessions().open();
        for (long number : numbers) {
            open.add(number);
        }
        return numbers;
    }

    private ResultDecoder.SessionsPage sessionsAbove(long session) {
        try (CommandChannel.Call call = channel.begin()) {
            SessionsQueryEncoder query = new SessionsQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .aboveSession(session)
                    .atMost(PAGE);
            return new ResultDecoder().sessions(call.execute(query.limit()));
        }
    }

    @Override
    public long inodeCount() {
        try (CommandChannel.Call call = channel.begin()) {
            CountQueryEncoder query = new CountQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder());
            return new ResultDecoder().done(call.execute(query.limit()));
        }
    }

    @Override
    public KeyPage scan(byte[] prefix, byte[] after, int limit, boolean keysOnly) {
        CommandEncoder.checkPath(prefix);
        byte[] from = after == null ? NO_BYTES : after;
        CommandEncoder.checkPath(from);
        try (CommandChannel.Call call = channel.begin()) {
            ScanQueryEncoder query = new ScanQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .atMost(limit)
                    .keysOnly(keysOnly ? Flag.YES : Flag.NO)
                    .hasAfter(after == null ? Flag.NO : Flag.YES)
                    .putPrefix(prefix, 0, prefix.length)
                    .putAfter(from, 0, from.length);
            return new ResultDecoder().keyPage(call.execute(query.limit()));
        }
    }

    @Override
    public ChangeLog.Reached changes(
            long from, byte[] prefix, int limit, boolean mayBeStale, ChangeView.Handler handler) {
        CommandEncoder.checkPath(prefix);
        try (CommandChannel.Call begun = channel.begin()) {
            CommandChannel.Call call = mayBeStale ? begun.patiently() : begun;
            ChangesQueryEncoder query = new ChangesQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .fromSequence(from)
                    .atMost(limit)
                    .mayBeStale(mayBeStale ? Flag.YES : Flag.NO)
                    .putPrefix(prefix, 0, prefix.length);
            return new ResultDecoder().changes(call.execute(query.limit()), handler);
        }
    }

    @Override
    public ChangeLog.Range changeRange() {
        try (CommandChannel.Call call = channel.begin()) {
            ChangeRangeQueryEncoder query = new ChangeRangeQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder());
            return new ResultDecoder().changeRange(call.execute(query.limit()));
        }
    }

    @Override
    public long consumerOffset(byte[] name) {
        CommandEncoder.checkName(name);
        try (CommandChannel.Call call = channel.begin()) {
            ConsumerQueryEncoder query = new ConsumerQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .putName(name, 0, name.length);
            return new ResultDecoder().done(call.execute(query.limit()));
        }
    }

    @Override
    public Map<String, Long> consumers() {
        Map<String, Long> found = new LinkedHashMap<>();
        byte[] after = NO_BYTES;
        while (after != null) {
            try (CommandChannel.Call call = channel.begin()) {
                ConsumersQueryEncoder query = new ConsumersQueryEncoder();
                query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                        .putAfter(after, 0, after.length);
                after = new ResultDecoder().consumers(call.execute(query.limit()), found);
            }
        }
        return found;
    }

    @Override
    public byte[] xattr(long inode, byte[] name) {
        CommandEncoder.checkName(name);
        try (CommandChannel.Call call = channel.begin()) {
            XattrQueryEncoder query = new XattrQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .inode(inode)
                    .putName(name, 0, name.length);
            return new ResultDecoder().xattr(call.execute(query.limit()));
        }
    }

    @Override
    public List<byte[]> xattrNames(long inode) {
        try (CommandChannel.Call call = channel.begin()) {
            XattrNamesQueryEncoder query = new XattrNamesQueryEncoder();
            query.wrapAndApplyHeader(call.command(), 0, new MessageHeaderEncoder())
                    .inode(inode);
            return new ResultDecoder().xattrNames(call.execute(query.limit()));
        }
    }
}
