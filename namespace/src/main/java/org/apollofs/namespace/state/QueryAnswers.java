package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.ChangesQueryDecoder;
import org.apollofs.namespace.command.sbe.CountQueryDecoder;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.lmdbjava.Txn;

/**
 * Answers encoded questions from the tables as they are committed, any number of them from one snapshot. For one thread; it
 * waits for nobody, but while the map grows: whether what was answered is committed is for the caller to ask.
 */
public final class QueryAnswers {
    /**
     * Bytes of an answer from which on it is one of many pages, as of a follower of the change log that catches up: the next
     * question comes at once.
     */
    public static final int FULL_PAGE = ChangeReader.MAX_PAGE_LENGTH;
    /**
     * Bytes of an answer from which on it is one of a thousand changes or more, as of a follower beside many writers: what matters
     * is that each takes little processor time, not when the next one comes.
     */
    public static final int BULKY_PAGE = 24 * 1024;

    private final LocalReads reads;
    private final StateReader state;
    private final ResultWriter results = new ResultWriter();
    private final QueryDispatcher dispatcher;
    private final UnsafeBuffer query = new UnsafeBuffer(0, 0);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ChangesQueryDecoder changes = new ChangesQueryDecoder();
    private Txn<DirectBuffer> txn;

    QueryAnswers(LocalReads reads, Tables tables) {
        this.reads = reads;
        state = new StateReader(tables);
        dispatcher = new QueryDispatcher(tables, results);
    }

    /** Questions have come. @return number of the last transaction that commands were answered from, committed or not. */
    public long onRead() {
        return reads.commits().onRead();
    }

    /** Number of the last transaction that snapshots from now on hold. */
    public long committed() {
        return reads.commits().committed();
    }

    /** Asks for the commit of a transaction. */
    public void askFor(long transaction) {
        reads.commits().askFor(transaction);
    }

    /** Whether a question may be answered without what was committed last. */
    public boolean mayBeStale(DirectBuffer buffer, int offset, int length) {
        if (length < ChangesQueryDecoder.BLOCK_LENGTH + MessageHeaderDecoder.ENCODED_LENGTH
                || !CommandHead.isSupported(buffer, offset)
                || CommandHead.templateId(buffer, offset) != ChangesQueryDecoder.TEMPLATE_ID) {
            return false;
        }
        changes.wrapAndApplyHeader(buffer, offset, header);
        return header.blockLength() >= ChangesQueryDecoder.BLOCK_LENGTH && changes.mayBeStaleRaw() == Flag.YES.value();
    }

    /** Runs what calls {@link #answer} under one snapshot of the tables. */
    public void underOneSnapshot(Runnable questions) {
        reads.under(snapshot -> {
            txn = snapshot;
            try {
                questions.run();
            } finally {
                txn = null;
            }
        });
    }

    /**
     * Answers one question. What is wrong with it is said in the answer.
     *
     * @return the buffer with the answer: {@link #offset()} and {@link #length()} say where; valid until the next question.
     */
    public DirectBuffer answer(DirectBuffer buffer, int offset, int length) {
        results.clear();
        if (length < CommandHead.COMMAND_LENGTH) {
            results.begin(0, 0);
            results.failed(NamespaceError.INVALID, "question too short: length=" + length);
            return results.buffer();
        }
        results.begin(CommandHead.session(buffer, offset), CommandHead.commandId(buffer, offset));
        int template = CommandHead.templateId(buffer, offset);
        if (!CommandHead.isSupported(buffer, offset) || !QueryDispatcher.isQuery(template)) {
            results.failed(
                    NamespaceError.UNSUPPORTED,
                    "not a question of this version: template=" + template + ", version="
                            + CommandHead.version(buffer, offset));
            return results.buffer();
        }
        query.wrap(buffer, offset, length);
        long inodes =
                template == CountQueryDecoder.TEMPLATE_ID ? state.under(txn).inodeCount() : 0;
        dispatcher.apply(template, query, txn, inodes);
        return results.buffer();
    }

    public int offset() {
        return results.offset();
    }

    public int length() {
        return results.length();
    }

    /** Position in the log that the snapshot has. */
    public long appliedPosition() {
        return state.under(txn).appliedPosition();
    }
}
