package org.apollofs.namespace.client;

import java.util.List;

/**
 * What came of a {@link Txn}.
 *
 * @param succeeded whether all comparisons held, so that {@code then} was carried out.
 * @param transaction number that all its entries in the change log carry: the sequence of the last of them; 0 if it
 *     changed nothing.
 * @param outcomes one for each operation carried out, in order.
 */
public record TxnResult(boolean succeeded, long transaction, List<Outcome> outcomes) {
    /**
     * What came of one operation.
     *
     * @param found whether there was something: to get, delete, remove or replace by a rename. True for a put or commit.
     * @param version new version of a put or commit, version of what was read, else 0.
     * @param value what a get found, or null.
     * @param inode the file after a commit; what a rename replaced, or null.
     */
    public record Outcome(boolean found, long version, KeyValue.Value value, Inode inode) {}
}
