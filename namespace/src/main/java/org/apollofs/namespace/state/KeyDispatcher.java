package org.apollofs.namespace.state;

import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.command.sbe.CompareAndSetDecoder;
import org.apollofs.namespace.command.sbe.DeleteDecoder;
import org.apollofs.namespace.command.sbe.GrantLeaseDecoder;
import org.apollofs.namespace.command.sbe.KeepLeaseAliveDecoder;
import org.apollofs.namespace.command.sbe.PutDecoder;
import org.apollofs.namespace.command.sbe.PutLeasedDecoder;
import org.apollofs.namespace.command.sbe.RemoveTreeDecoder;
import org.apollofs.namespace.command.sbe.RenamePathDecoder;
import org.apollofs.namespace.command.sbe.RevokeLeaseDecoder;
import org.apollofs.namespace.command.sbe.TransactionDecoder;

/** Commands that name things by path: keys, transactions, leases. Owned by the apply thread. */
final class KeyDispatcher {
    private final Store store;
    private final ResultWriter results;
    private final CommandInput input;
    private final ContentCommands content;
    private final PathCommands paths;
    private final LeaseCommands leases;
    private final TransactionCommands transactions;

    private final PutDecoder put = new PutDecoder();
    private final PutLeasedDecoder putLeased = new PutLeasedDecoder();
    private final CompareAndSetDecoder compareAndSet = new CompareAndSetDecoder();
    private final DeleteDecoder delete = new DeleteDecoder();
    private final RenamePathDecoder renamePath = new RenamePathDecoder();
    private final RemoveTreeDecoder removeTree = new RemoveTreeDecoder();
    private final GrantLeaseDecoder grantLease = new GrantLeaseDecoder();
    private final KeepLeaseAliveDecoder keepLeaseAlive = new KeepLeaseAliveDecoder();
    private final RevokeLeaseDecoder revokeLease = new RevokeLeaseDecoder();

    /** @param applier carries out the commands of a transaction. */
    KeyDispatcher(
            Store store,
            ResultWriter results,
            CommandInput input,
            ContentCommands content,
            TreeCommands tree,
            LeaseCommands leases,
            TransactionCommands.Applier applier) {
        this.store = store;
        this.results = results;
        this.input = input;
        this.content = content;
        this.leases = leases;
        paths = new PathCommands(store, tree);
        transactions = new TransactionCommands(store, results, input, content, applier);
    }

    /** Carries out the command. @return false if it is none of these. */
    boolean carryOut(int template) {
        switch (template) {
            case PutDecoder.TEMPLATE_ID -> onPut();
            case PutLeasedDecoder.TEMPLATE_ID -> onPutLeased();
            case CompareAndSetDecoder.TEMPLATE_ID -> onCompareAndSet();
            case DeleteDecoder.TEMPLATE_ID -> onDelete();
            case RenamePathDecoder.TEMPLATE_ID -> onRenamePath();
            case RemoveTreeDecoder.TEMPLATE_ID -> onRemoveTree();
            case GrantLeaseDecoder.TEMPLATE_ID -> onGrantLease();
            case KeepLeaseAliveDecoder.TEMPLATE_ID -> onKeepLeaseAlive();
            case RevokeLeaseDecoder.TEMPLATE_ID -> onRevokeLease();
            case TransactionDecoder.TEMPLATE_ID -> transactions.onTransaction();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void onPut() {
        put.wrapAndApplyHeader(input.checked(PutDecoder.BLOCK_LENGTH), 0, input.header);
        put.wrapPath(input.first);
        put.wrapValue(input.second);
        input.decoded();
        results.done(content.put(input.session(), input.first, input.second, put.expectedVersion(), 0));
    }

    private void onPutLeased() {
        putLeased.wrapAndApplyHeader(input.checked(PutLeasedDecoder.BLOCK_LENGTH), 0, input.header);
        putLeased.wrapPath(input.first);
        putLeased.wrapValue(input.second);
        input.decoded();
        results.done(content.put(
                input.session(), input.first, input.second, putLeased.expectedVersion(), putLeased.lease()));
    }

    private void onCompareAndSet() {
        compareAndSet.wrapAndApplyHeader(input.checked(CompareAndSetDecoder.BLOCK_LENGTH), 0, input.header);
        compareAndSet.wrapPath(input.first);
        compareAndSet.wrapExpected(input.second);
        compareAndSet.wrapUpdate(input.third);
        input.decoded();
        boolean isSet = content.compareAndSet(input.session(), input.first, input.second, input.third);
        results.inode(isSet ? content.lastSet() : null);
    }

    private void onDelete() {
        delete.wrapAndApplyHeader(input.checked(DeleteDecoder.BLOCK_LENGTH), 0, input.header);
        delete.wrapPath(input.first);
        input.decoded();
        boolean existed = content.delete(input.session(), input.first, delete.expectedVersion());
        results.done(existed ? 1 : KeyValue.ABSENT);
    }

    private void onRenamePath() {
        renamePath.wrapAndApplyHeader(input.checked(RenamePathDecoder.BLOCK_LENGTH), 0, input.header);
        renamePath.wrapPath(input.first);
        renamePath.wrapNewPath(input.second);
        input.decoded();
        results.inode(paths.rename(input.session(), input.first, input.second, renamePath.renameFlags()));
    }

    private void onRemoveTree() {
        removeTree.wrapAndApplyHeader(input.checked(RemoveTreeDecoder.BLOCK_LENGTH), 0, input.header);
        removeTree.wrapPath(input.first);
        input.decoded();
        results.done(paths.removeTree(input.session(), input.first) ? 1 : 0);
    }

    private void onGrantLease() {
        grantLease.wrapAndApplyHeader(input.checked(GrantLeaseDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        results.done(store.leases.grant(grantLease.ttlNs()));
    }

    private void onKeepLeaseAlive() {
        keepLeaseAlive.wrapAndApplyHeader(input.checked(KeepLeaseAliveDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        results.done(store.leases.keepAlive(keepLeaseAlive.lease()));
    }

    private void onRevokeLease() {
        revokeLease.wrapAndApplyHeader(input.checked(RevokeLeaseDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        results.done(leases.revoke(input.session(), revokeLease.lease()) ? 1 : 0);
    }
}
