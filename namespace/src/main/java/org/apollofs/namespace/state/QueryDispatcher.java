package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.sbe.AttributesQueryDecoder;
import org.apollofs.namespace.command.sbe.ChangeRangeQueryDecoder;
import org.apollofs.namespace.command.sbe.ChangesQueryDecoder;
import org.apollofs.namespace.command.sbe.ConsumerQueryDecoder;
import org.apollofs.namespace.command.sbe.ConsumersQueryDecoder;
import org.apollofs.namespace.command.sbe.ContentQueryDecoder;
import org.apollofs.namespace.command.sbe.CountQueryDecoder;
import org.apollofs.namespace.command.sbe.DirectoryQueryDecoder;
import org.apollofs.namespace.command.sbe.FreedQueryDecoder;
import org.apollofs.namespace.command.sbe.KeyQueryDecoder;
import org.apollofs.namespace.command.sbe.LiveExtentsQueryDecoder;
import org.apollofs.namespace.command.sbe.LookupQueryDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.PlacementQueryDecoder;
import org.apollofs.namespace.command.sbe.ScanQueryDecoder;
import org.apollofs.namespace.command.sbe.SessionsQueryDecoder;
import org.apollofs.namespace.command.sbe.XattrNamesQueryDecoder;
import org.apollofs.namespace.command.sbe.XattrQueryDecoder;
import org.lmdbjava.Txn;

/**
 * Answers questions: those that stand in the log at their place in it, others from a snapshot of the tables. They change
 * nothing, so all that goes wrong while one is answered is refused. Answers are bounded: long ones come in pages. One thread.
 */
final class QueryDispatcher {
    private static final int FIRST_TEMPLATE = LookupQueryDecoder.TEMPLATE_ID;
    private static final int LAST_TEMPLATE = SessionsQueryDecoder.TEMPLATE_ID;
    /** Records in one answer: with 48 bytes each it stays below a command's limit. */
    private static final int MAX_RECORDS = 8 * 1024;
    /** Bytes of a page of a directory, about. */
    private static final int MAX_PAGE_LENGTH = NamespaceLimits.COMMAND_LENGTH / 2;

    private final ResultWriter results;
    private final StateReader reader;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LookupQueryDecoder lookup = new LookupQueryDecoder();
    private final AttributesQueryDecoder attributes = new AttributesQueryDecoder();
    private final DirectoryQueryDecoder directory = new DirectoryQueryDecoder();
    private final ContentQueryDecoder content = new ContentQueryDecoder();
    private final KeyQueryDecoder key = new KeyQueryDecoder();
    private final PlacementQueryDecoder placement = new PlacementQueryDecoder();
    private final FreedQueryDecoder freed = new FreedQueryDecoder();
    private final LiveExtentsQueryDecoder liveExtents = new LiveExtentsQueryDecoder();
    private final ScanQueryDecoder scan = new ScanQueryDecoder();
    private final ChangesQueryDecoder changes = new ChangesQueryDecoder();
    private final ConsumerQueryDecoder consumer = new ConsumerQueryDecoder();
    private final ConsumersQueryDecoder consumers = new ConsumersQueryDecoder();
    private final XattrQueryDecoder xattr = new XattrQueryDecoder();
    private final XattrNamesQueryDecoder xattrNames = new XattrNamesQueryDecoder();
    private final SessionsQueryDecoder sessions = new SessionsQueryDecoder();
    private final ChangeReader changeReader;
    private Txn<DirectBuffer> txn;
    private final UnsafeBuffer bytes = new UnsafeBuffer(0, 0);

    QueryDispatcher(Tables tables, ResultWriter results) {
        this(tables, results, null);
    }

    /** @param live counters of the batch under whose transaction questions are answered; null where there is none. */
    QueryDispatcher(Tables tables, ResultWriter results, Meta live) {
        this.results = results;
        reader = new StateReader(tables);
        changeReader = new ChangeReader(tables, live);
    }

    static boolean isQuery(int template) {
        return template >= FIRST_TEMPLATE && template <= LAST_TEMPLATE;
    }

    /** @param inodes the count of inodes under this transaction. */
    void apply(int template, DirectBuffer query, Txn<DirectBuffer> transaction, long inodes) {
        under(transaction);
        try {
            answer(template, query, inodes);
        } catch (Refusal refusal) {
            results.failed(refusal.error(), refusal.getMessage());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            results.failed(NamespaceError.INVALID, "malformed query: template=" + template + ", " + e.getMessage());
        }
    }

    /** Answers a question of a transaction; what is wrong with it is a {@link Refusal}. */
    void answerWithin(int template, DirectBuffer query, Txn<DirectBuffer> transaction) {
        under(transaction);
        answer(template, query, 0);
    }

    private void under(Txn<DirectBuffer> transaction) {
        txn = transaction;
        reader.under(transaction);
    }

    private void answer(int template, DirectBuffer query, long inodes) {
        switch (template) {
            case LookupQueryDecoder.TEMPLATE_ID -> {
                lookup.wrapAndApplyHeader(query, 0, header);
                lookup.wrapName(bytes);
                results.inode(reader.lookup(lookup.parent(), bytes));
            }
            case AttributesQueryDecoder.TEMPLATE_ID -> {
                attributes.wrapAndApplyHeader(query, 0, header);
                results.inode(reader.attributes(attributes.inode()));
            }
            case DirectoryQueryDecoder.TEMPLATE_ID -> {
                directory.wrapAndApplyHeader(query, 0, header);
                directory.wrapAfter(bytes);
                DirectBuffer after = directory.hasAfterRaw() == 1 ? bytes : null;
                int limit = bounded(directory.atMost());
                results.directory(reader.directory(directory.directory(), after, limit, MAX_PAGE_LENGTH));
            }
            case ContentQueryDecoder.TEMPLATE_ID -> {
                content.wrapAndApplyHeader(query, 0, header);
                StateReader.ContentPage page =
                        reader.content(content.inode(), content.fromOffset(), bounded(content.atMost()));
                results.content(page.inode(), page.inline(), page.extents(), page.more());
            }
            case KeyQueryDecoder.TEMPLATE_ID -> {
                key.wrapAndApplyHeader(query, 0, header);
                key.wrapPath(bytes);
                results.key(reader.key(bytes));
            }
            case PlacementQueryDecoder.TEMPLATE_ID -> {
                placement.wrapAndApplyHeader(query, 0, header);
                results.placement(reader.placementAfter(placement.afterId()));
            }
            case FreedQueryDecoder.TEMPLATE_ID -> {
                freed.wrapAndApplyHeader(query, 0, header);
                results.freed(reader.freed(bounded(freed.atMost())));
            }
            case LiveExtentsQueryDecoder.TEMPLATE_ID -> {
                liveExtents.wrapAndApplyHeader(query, 0, header);
                results.liveExtents(reader.liveExtents(
                        liveExtents.afterInode(),
                        Math.max(1, liveExtents.inodeLimit()),
                        liveExtents.fromOffset(),
                        bounded(liveExtents.atMost())));
            }
            case CountQueryDecoder.TEMPLATE_ID -> results.done(inodes);
            default -> answerMore(template, query);
        }
    }

    private void answerMore(int template, DirectBuffer query) {
        switch (template) {
            case ScanQueryDecoder.TEMPLATE_ID -> {
                scan.wrapAndApplyHeader(query, 0, header);
                boolean hasAfter = scan.hasAfterRaw() == 1;
                boolean keysOnly = scan.keysOnlyRaw() == 1;
                int limit = bounded(scan.atMost());
                scan.wrapPrefix(bytes);
                byte[] prefix = copy();
                scan.wrapAfter(bytes);
                byte[] after = copy();
                results.keyPage(reader.scan(prefix, hasAfter ? after : null, limit, keysOnly));
            }
            case ChangesQueryDecoder.TEMPLATE_ID -> {
                changes.wrapAndApplyHeader(query, 0, header);
                changes.wrapPrefix(bytes);
                results.changes(txn, changeReader, changes.fromSequence(), copy(), changes.atMost());
            }
            case ChangeRangeQueryDecoder.TEMPLATE_ID -> results.changeRange(changeReader.range(txn));
            case ConsumerQueryDecoder.TEMPLATE_ID -> {
                consumer.wrapAndApplyHeader(query, 0, header);
                consumer.wrapName(bytes);
                results.done(changeReader.consumerOffset(txn, bytes));
            }
            case ConsumersQueryDecoder.TEMPLATE_ID -> {
                consumers.wrapAndApplyHeader(query, 0, header);
                consumers.wrapAfter(bytes);
                results.consumers(changeReader.consumersAfter(txn, bytes, ChangeReader.CONSUMERS_PAGE));
            }
            case XattrQueryDecoder.TEMPLATE_ID -> {
                xattr.wrapAndApplyHeader(query, 0, header);
                xattr.wrapName(bytes);
                results.xattr(reader.xattr(xattr.inode(), bytes));
            }
            case XattrNamesQueryDecoder.TEMPLATE_ID -> {
                xattrNames.wrapAndApplyHeader(query, 0, header);
                results.xattrNames(reader.xattrNames(xattrNames.inode()));
            }
            case SessionsQueryDecoder.TEMPLATE_ID -> {
                sessions.wrapAndApplyHeader(query, 0, header);
                results.sessions(reader.sessions(), sessions.aboveSession(), bounded(sessions.atMost()));
            }
            default -> results.failed(NamespaceError.UNSUPPORTED, "unknown query: template=" + template);
        }
    }

    /** Of what the query's text wraps: by then it is known to be within the query, whatever length it says. */
    private byte[] copy() {
        byte[] copy = new byte[bytes.capacity()];
        bytes.getBytes(0, copy);
        return copy;
    }

    private static int bounded(int requested) {
        return Math.clamp(requested, 1, MAX_RECORDS);
    }
}
