package org.apollofs.namespace.state;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.command.TxnEncoder;
import org.apollofs.namespace.command.sbe.DirectoryQueryEncoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.KeyQueryEncoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;

/** Random commands of a few sessions on a small tree, so that they meet: many are refused, which is part of it. */
final class RandomCommands {
    private final CommandLog log;
    private final Random random;
    private final List<Long> sessions = new ArrayList<>();
    private final long[] nextIds = new long[64];
    private byte[] last;

    RandomCommands(CommandLog log, Random random) {
        this.log = log;
        this.random = random;
        sessions.add(log.openSession());
        sessions.add(log.openSession());
        log.results()
                .done(log.apply(
                        sessions.getFirst(),
                        id(sessions.getFirst()),
                        0,
                        (e, to) -> e.addPlacementTable(to, 2, 1, List.of(new int[] {0, 1, 2}))));
    }

    private long id(long session) {
        return ++nextIds[(int) session % 64];
    }

    void run(int count) {
        for (int i = 0; i < count; i++) {
            step();
        }
    }

    private void step() {
        long session = sessions.get(random.nextInt(sessions.size()));
        long id = id(session);
        long acked = Math.max(0, id - random.nextInt(20));
        switch (random.nextInt(38)) {
            case 0, 1, 2 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> e.makeNode(
                                to, inode(), name(), random.nextBoolean() ? 0100644 : 0040755, 1, 2, new byte[0]));
            case 3 -> log.apply(session, id, acked, (e, to) -> e.makeNode(to, inode(), name(), 0120777, 1, 2, name()));
            case 4 -> log.apply(session, id, acked, (e, to) -> e.makeLink(to, inode(), inode(), name()));
            case 5, 6 -> log.apply(session, id, acked, (e, to) -> e.unlink(to, inode(), name(), random.nextBoolean()));
            case 7 -> log.apply(session, id, acked, (e, to) -> e.removeDirectory(to, inode(), name()));
            case 8, 9, 10 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> e.rename(
                                to, inode(), name(), inode(), name(), random.nextInt(3), random.nextBoolean()));
            case 11 -> log.apply(session, id, acked, (e, to) -> e.releaseUnlinked(to, inode()));
            case 12 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> e.setAttributes(to, inode(), AttributeChange.size(random.nextInt(3000))));
            case 13, 14, 15 -> log.apply(session, id, acked, (e, to) -> e.commit(to, commit(session)));
            case 16, 17 -> log.apply(session, id, acked, (e, to) -> e.put(to, path(), value(), KeyValue.ANY_VERSION));
            case 18 -> log.apply(session, id, acked, (e, to) -> e.compareAndSet(to, path(), name(), name()));
            case 19 -> log.apply(session, id, acked, (e, to) -> e.delete(to, path(), KeyValue.ANY_VERSION));
            case 20 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> e.acknowledgeFreed(to, List.of(new FreedRun(random.nextInt(50), 0, 0, 0, 0))));
            case 21 -> {
                log.advance(random.nextLong(CommandLog.LEASE_NS));
                log.tick();
                log.space(random.nextInt(4) == 0);
                sessions.set(random.nextInt(sessions.size()), log.openSession());
            }
            case 22, 23 -> transaction(session, id, acked);
            case 24 -> log.apply(session, id, acked, (e, to) -> e.removeTree(to, path()));
            case 25 -> log.apply(session, id, acked, (e, to) -> e.renamePath(to, path(), path(), random.nextInt(3)));
            case 26 -> log.apply(session, id, acked, (e, to) -> e.grantLease(to, random.nextLong(CommandLog.LEASE_NS)));
            case 27 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> random.nextBoolean() ? e.keepLeaseAlive(to, lease()) : e.revokeLease(to, lease()));
            case 28, 29 ->
                log.apply(
                        session, id, acked, (e, to) -> e.putLeased(to, path(), name(), KeyValue.ANY_VERSION, lease()));
            case 30 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> random.nextBoolean()
                                ? e.setXattr(to, inode(), name(), name(), random.nextInt(3))
                                : e.removeXattr(to, inode(), name()));
            case 31 ->
                log.apply(
                        session,
                        id,
                        acked,
                        (e, to) -> e.moveConsumer(to, name(), random.nextInt(2), random.nextInt(2)));
            case 32 -> {
                log.apply(session, id, acked, (e, to) -> e.setRetention(to, random.nextInt(100_000), 0));
                repeat();
            }
            case 33, 34, 35 -> log.apply(session, id, acked, (e, to) -> keyQuery(to));
            case 36 -> log.apply(session, id, acked, (e, to) -> directoryQuery(to));
            default -> garbage();
        }
    }

    // Questions in the log see what the commands before them have changed, committed or not.

    private int keyQuery(MutableDirectBuffer to) {
        KeyQueryEncoder query = new KeyQueryEncoder();
        byte[] path = path();
        query.wrapAndApplyHeader(to, 0, new MessageHeaderEncoder()).putPath(path, 0, path.length);
        return query.limit();
    }

    private int directoryQuery(MutableDirectBuffer to) {
        DirectoryQueryEncoder query = new DirectoryQueryEncoder();
        query.wrapAndApplyHeader(to, 0, new MessageHeaderEncoder())
                .directory(inode())
                .atMost(100)
                .hasAfter(Flag.NO)
                .putAfter(new byte[0], 0, 0);
        return query.limit();
    }

    private void transaction(long session, long id, long acked) {
        List<Txn.Operation> then = operations(session);
        List<Txn.Operation> otherwise = operations(session);
        Txn.Compare compare = switch (random.nextInt(4)) {
            case 0 -> new Txn.Exists(text());
            case 1 -> new Txn.Absent(text());
            case 2 -> new Txn.ValueIs(text(), name());
            default -> new Txn.VersionIs(text(), random.nextInt(2));
        };
        log.apply(
                session,
                id,
                acked,
                (e, to) -> new TxnEncoder(e).encode(to, new Txn(List.of(compare), then, otherwise)));
    }

    private List<Txn.Operation> operations(long session) {
        List<Txn.Operation> operations = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            operations.add(
                    switch (random.nextInt(7)) {
                        case 0, 1 -> new Txn.Put(text(), name());
                        case 2 -> new Txn.Put(text(), name(), KeyValue.ANY_VERSION, lease());
                        case 3 -> new Txn.Delete(text());
                        case 4 -> new Txn.Rename(text(), text());
                        case 5 -> new Txn.Commit(commit(session));
                        default -> random.nextBoolean() ? new Txn.RemoveTree(text()) : new Txn.Get(text());
                    });
        }
        return operations;
    }

    private String text() {
        return new String(path(), StandardCharsets.UTF_8);
    }

    private long lease() {
        return random.nextInt(8);
    }

    /** The same bytes once more, as a retry sends them. */
    private void repeat() {
        if (last != null) {
            log.apply(last);
        }
        last = log.entries().get(random.nextInt(log.entries().size())).command();
    }

    private void garbage() {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        List<CommandLog.Entry> entries = log.entries();
        byte[] some = entries.get(random.nextInt(entries.size())).command();
        if (some != null && some.length > 0 && random.nextBoolean()) {
            // A command that is damaged in one place.
            bytes = some.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        UnsafeBuffer unused = log.apply(bytes);
        assert unused != null;
    }

    private long inode() {
        return 1L + random.nextInt(12);
    }

    /** Now and then one that is too long for its inode's record. */
    private byte[] value() {
        return random.nextInt(4) == 0 ? new byte[random.nextInt(2 * InodeRecord.EMBEDDED_LENGTH)] : name();
    }

    private byte[] name() {
        return ("n" + random.nextInt(8)).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] path() {
        return ("n" + random.nextInt(8) + (random.nextBoolean() ? "/n" + random.nextInt(8) : ""))
                .getBytes(StandardCharsets.UTF_8);
    }

    private ContentCommit commit(long session) {
        boolean replace = random.nextInt(4) == 0;
        long offset = random.nextInt(2000);
        long length = 1L + random.nextInt(1000);
        Extent extent = new Extent(
                offset, length, session, random.nextInt(1000), random.nextInt(2), random.nextInt(100), 100, 1);
        byte[] inline = replace && random.nextBoolean() ? new byte[random.nextInt(3000)] : null;
        return new ContentCommit(
                inode(), replace, ContentCommit.ANY_VERSION, inline, List.of(extent), offset + length + 500, 9);
    }
}
