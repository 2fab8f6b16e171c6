package org.apollofs.namespace.state;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.TxnEncoder;
import org.apollofs.namespace.command.sbe.CommitContentDecoder;
import org.apollofs.namespace.command.sbe.DeleteDecoder;
import org.apollofs.namespace.command.sbe.KeyQueryDecoder;
import org.apollofs.namespace.command.sbe.PutDecoder;
import org.apollofs.namespace.command.sbe.PutLeasedDecoder;
import org.apollofs.namespace.command.sbe.RemoveTreeDecoder;
import org.apollofs.namespace.command.sbe.RenamePathDecoder;
import org.apollofs.namespace.command.sbe.TransactionDecoder;
import org.lmdbjava.Txn;

/**
 * Transactions: comparisons, then one list of commands or the other, all or nothing.
 *
 * <p>Each command by itself checks first and writes then, but one that is refused must undo those before it. So they run in
 * an LMDB transaction within the batch's, which is aborted alone, and with it the counters are set back. A transaction of a
 * single command does without. Owned by the apply thread.
 */
final class TransactionCommands {
    private final Store store;
    private final ResultWriter results;
    private final CommandInput input;
    private final ContentCommands content;
    private final Applier applier;
    private final TransactionDecoder decoder = new TransactionDecoder();
    private final UnsafeBuffer path = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer skipped = new UnsafeBuffer(0, 0);
    private final List<UnsafeBuffer> operations = new ArrayList<>();
    private int count;

    /** Carries out one command of a transaction. */
    interface Applier {
        /** Writes a result, or throws a {@link Refusal}. */
        void apply(int template, DirectBuffer command);
    }

    TransactionCommands(
            Store store, ResultWriter results, CommandInput input, ContentCommands content, Applier applier) {
        this.store = store;
        this.results = results;
        this.input = input;
        this.content = content;
        this.applier = applier;
    }

    /** Carries out the transaction that is the command now. */
    void onTransaction() {
        decoder.wrapAndApplyHeader(input.checked(TransactionDecoder.BLOCK_LENGTH), 0, input.header);
        boolean succeeded = compare();
        collect(succeeded);
        boolean changes = false;
        for (int i = 0; i < count; i++) {
            changes |= checkOperation(i) != KeyQueryDecoder.TEMPLATE_ID;
        }
        input.decoded();
        if (changes && count > 1) {
            applyAllOrNothing(succeeded);
        } else {
            applyAll(succeeded);
        }
    }

    private boolean compare() {
        boolean holds = true;
        for (TransactionDecoder.ComparesDecoder compare : decoder.compares()) {
            int kind = compare.kind();
            long version = compare.expectedVersion();
            compare.wrapPath(path);
            compare.wrapValue(value);
            holds &= switch (kind) {
                case TxnEncoder.VERSION_IS -> content.hasVersion(path, version);
                case TxnEncoder.VALUE_IS -> content.hasValue(path, value);
                case TxnEncoder.EXISTS -> content.exists(path);
                case TxnEncoder.ABSENT -> !content.exists(path);
                default -> throw new Refusal(NamespaceError.UNSUPPORTED, "unknown comparison: kind=" + kind);
            };
        }
        return holds;
    }

    /** Finds the commands of the list that is to be carried out. */
    private void collect(boolean succeeded) {
        count = 0;
        for (TransactionDecoder.ThenOperationsDecoder operation : decoder.thenOperations()) {
            operation.wrapCommand(succeeded ? nextOperation() : skipped);
        }
        for (TransactionDecoder.ElseOperationsDecoder operation : decoder.elseOperations()) {
            operation.wrapCommand(succeeded ? skipped : nextOperation());
        }
    }

    private UnsafeBuffer nextOperation() {
        if (count == operations.size()) {
            operations.add(new UnsafeBuffer(0, 0));
        }
        return operations.get(count++);
    }

    /** Refuses what cannot stand in a transaction. @return the template. */
    private int checkOperation(int index) {
        DirectBuffer command = operations.get(index);
        if (command.capacity() < CommandHead.COMMAND_LENGTH || !CommandHead.isSupported(command, 0)) {
            throw new Refusal(NamespaceError.UNSUPPORTED, "unknown operation of a transaction: index=" + index);
        }
        int template = CommandHead.templateId(command, 0);
        return switch (template) {
            case PutDecoder.TEMPLATE_ID,
                    PutLeasedDecoder.TEMPLATE_ID,
                    DeleteDecoder.TEMPLATE_ID,
                    KeyQueryDecoder.TEMPLATE_ID,
                    CommitContentDecoder.TEMPLATE_ID,
                    RenamePathDecoder.TEMPLATE_ID,
                    RemoveTreeDecoder.TEMPLATE_ID -> template;
            default ->
                throw new Refusal(
                        NamespaceError.UNSUPPORTED,
                        "not an operation of a transaction: index=" + index + ", template=" + template);
        };
    }

    private void applyAllOrNothing(boolean succeeded) {
        Txn<DirectBuffer> batch = store.txn();
        store.flush();
        long[] counters = store.meta.copy();
        try (Txn<DirectBuffer> own = store.tables.env.txn(batch)) {
            store.begin(own);
            applyAll(succeeded);
            own.commit();
        } catch (Refusal refusal) {
            store.meta.reset(counters);
            store.forget();
            throw refusal;
        } finally {
            store.begin(batch);
        }
    }

    private void applyAll(boolean succeeded) {
        List<byte[]> outcomes = new ArrayList<>(count);
        long length = 0;
        store.changes.begin();
        for (int i = 0; i < count; i++) {
            apply(i);
            byte[] outcome = results.copy();
            results.drop();
            outcomes.add(outcome);
            length += outcome.length + Integer.BYTES;
            if (length > NamespaceLimits.COMMAND_LENGTH) {
                throw new Refusal(
                        NamespaceError.TRANSACTION_TOO_LARGE,
                        "a transaction reads too much: operation=" + i + ", limit=" + NamespaceLimits.COMMAND_LENGTH);
            }
        }
        results.transaction(succeeded, store.changes.end(), outcomes);
    }

    private void apply(int index) {
        DirectBuffer command = operations.get(index);
        try {
            applier.apply(CommandHead.templateId(command, 0), command);
        } catch (Refusal refusal) {
            throw new Refusal(refusal.error(), "operation " + index + ": " + refusal.getMessage());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            if (input.isDecoded()) {
                throw e;
            }
            throw new Refusal(NamespaceError.INVALID, "operation " + index + " is malformed: " + e.getMessage());
        }
    }
}
