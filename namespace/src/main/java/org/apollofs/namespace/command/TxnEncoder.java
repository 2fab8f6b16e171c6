package org.apollofs.namespace.command;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.command.sbe.KeyQueryEncoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.TransactionEncoder;

/**
 * Encodes transactions: each operation is the message that it would be by itself. One thread at a time.
 */
public final class TxnEncoder {
    /** Kinds of comparisons on the wire, which never change. */
    public static final int VERSION_IS = 1;

    public static final int VALUE_IS = 2;
    public static final int EXISTS = 3;
    public static final int ABSENT = 4;

    private static final byte[] NO_BYTES = new byte[0];

    private final CommandEncoder encoder;
    private final TransactionEncoder transaction = new TransactionEncoder();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final KeyQueryEncoder keyQuery = new KeyQueryEncoder();
    private final ExpandableDirectByteBuffer command = new ExpandableDirectByteBuffer(512);

    /** @param encoder of the operations. */
    public TxnEncoder(CommandEncoder encoder) {
        this.encoder = encoder;
    }

    /** Encodes a transaction at the start of a buffer. @return its length. */
    public int encode(MutableDirectBuffer to, Txn txn) {
        checkCount(txn.compares());
        checkCount(txn.then());
        checkCount(txn.otherwise());
        transaction.wrapAndApplyHeader(to, 0, header);
        TransactionEncoder.ComparesEncoder compares =
                transaction.comparesCount(txn.compares().size());
        for (Txn.Compare compare : txn.compares()) {
            encode(compares.next(), compare);
            CommandEncoder.checkTotal(transaction.limit());
        }
        TransactionEncoder.ThenOperationsEncoder then =
                transaction.thenOperationsCount(txn.then().size());
        for (Txn.Operation operation : txn.then()) {
            int length = encode(operation);
            CommandEncoder.checkTotal(transaction.limit() + (long) length);
            then.next().putCommand(command, 0, length);
        }
        TransactionEncoder.ElseOperationsEncoder otherwise =
                transaction.elseOperationsCount(txn.otherwise().size());
        for (Txn.Operation operation : txn.otherwise()) {
            int length = encode(operation);
            CommandEncoder.checkTotal(transaction.limit() + (long) length);
            otherwise.next().putCommand(command, 0, length);
        }
        return transaction.limit();
    }

    private static void checkCount(List<?> list) {
        if (list.size() > CommandEncoder.MAX_GROUP) {
            throw CommandEncoder.refused(
                    NamespaceError.TRANSACTION_TOO_LARGE, "transaction", list.size(), CommandEncoder.MAX_GROUP);
        }
    }

    private static void encode(TransactionEncoder.ComparesEncoder to, Txn.Compare compare) {
        int kind = EXISTS;
        long version = 0;
        byte[] value = NO_BYTES;
        switch (compare) {
            case Txn.VersionIs is -> {
                kind = VERSION_IS;
                version = is.version();
            }
            case Txn.ValueIs is -> {
                kind = VALUE_IS;
                value = is.value();
            }
            case Txn.Exists exists -> kind = EXISTS;
            case Txn.Absent absent -> kind = ABSENT;
        }
        byte[] path = bytes(compare.key());
        CommandEncoder.checkPath(path);
        CommandEncoder.checkValue(value);
        to.kind(kind).expectedVersion(version).putPath(path, 0, path.length).putValue(value, 0, value.length);
    }

    private int encode(Txn.Operation operation) {
        return switch (operation) {
            case Txn.Get get -> {
                byte[] path = bytes(get.key());
                CommandEncoder.checkPath(path);
                keyQuery.wrapAndApplyHeader(command, 0, header).putPath(path, 0, path.length);
                yield keyQuery.limit();
            }
            case Txn.Put put ->
                put.lease() == 0
                        ? encoder.put(command, bytes(put.key()), put.value(), put.expectedVersion())
                        : encoder.putLeased(command, bytes(put.key()), put.value(), put.expectedVersion(), put.lease());
            case Txn.Delete delete -> encoder.delete(command, bytes(delete.key()), delete.expectedVersion());
            case Txn.Commit commit -> encoder.commit(command, commit.commit());
            case Txn.Rename rename ->
                encoder.renamePath(command, bytes(rename.from()), bytes(rename.to()), rename.flags());
            case Txn.RemoveTree remove -> encoder.removeTree(command, bytes(remove.path()));
        };
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
