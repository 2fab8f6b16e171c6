package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.Header;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.state.QueryAnswers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's questions that do not take a place in the log, and the answers: see {@link ReadProtocol}. Linearizable: each is
 * answered from a state that has all that was answered before it was asked. They go to the member that leads, where a mark in
 * the log is nearest; when it changes, what is unanswered goes to the next. A question may be asked twice: it changes nothing.
 *
 * <p>Run by the agent of {@link ClusterClient}, on its Aeron client.
 */
final class ReadClient implements CommandChannel {
    private static final Logger LOG = LoggerFactory.getLogger(ReadClient.class);
    private static final int FRAGMENT_LIMIT = 64;
    private static final long HELLO_NS = 50_000_000L;
    /** The member forgets who is silent for six times as long. */
    private static final long KEEP_ALIVE_NS = 10_000_000_000L;

    private static final long CHECK_NS = 10_000_000L;
    /** Rest while none but patient callers wait. */
    private static final long PATIENT_NS = 250_000L;
    /** The same where the last answer was bulky: the member rests for longer, too. */
    private static final long BULKY_NS = 2_000_000L;

    private static final int NOWHERE = -1;

    private final ClusterClientContext ctx;
    private final CallWindow calls;
    private final FragmentAssembler assembler = new FragmentAssembler(this::onMessage);
    private final Frames.Consumer onResult = (buffer, offset, length, isWhole) -> onResult(buffer, offset, length);
    private final ExpandableDirectByteBuffer message =
            new ExpandableDirectByteBuffer(2 * CallWindow.FULL_LENGTH + ReadProtocol.HEADER_LENGTH);
    private final UnsafeBuffer hello = new UnsafeBuffer(new byte[2048]);

    private final boolean isStale;
    private volatile long position;
    private Subscription subscription;
    private ExclusivePublication publication;
    private int member = NOWHERE;
    private boolean isWelcome;
    /** Whether the last answer was one of many pages. */
    private boolean isPaging;
    /** Whether it was bulky. */
    private boolean isBulky;

    private int messageLength;
    private long helloNs;
    private long lastCheckNs;

    ReadClient(ClusterClientContext ctx) {
        this.ctx = ctx;
        calls = new CallWindow(ctx);
        isStale = ctx.staleMember() != ClusterClient.NO_LEADER;
        lastCheckNs = ctx.nanoClock().nanoTime();
    }

    // Calling threads.

    @Override
    public long session() {
        return 0;
    }

    @Override
    public Call begin() {
        return calls.begin(ctx.deadlineNs());
    }

    @Override
    public void close() {
        calls.close();
    }

    /** Position in the log of the state that gave the last answers. */
    long position() {
        return position;
    }

    // The agent.

    /** How long the thread may rest: not while answers are to come that callers are in a hurry for. */
    long restNs() {
        if (calls.isEmpty()) {
            return ClusterClient.IDLE_REST_NS;
        }
        if (calls.isUrgent() || isPaging) {
            return 0;
        }
        return isBulky ? BULKY_NS : PATIENT_NS;
    }

    int poll(Aeron aeron, int leader, long now) {
        int work = calls.admit();
        int wanted = isStale ? ctx.staleMember() : leader;
        if (wanted != member && wanted != ClusterClient.NO_LEADER) {
            disconnect();
            member = wanted;
        }
        if (member != NOWHERE && !calls.isEmpty() && publication == null) {
            work += connect(aeron, now);
        }
        if (publication != null) {
            work += subscription.poll(assembler, FRAGMENT_LIMIT);
            work += isWelcome ? send(now) : 0;
            greet(now);
        }
        if (now - lastCheckNs > CHECK_NS) {
            lastCheckNs = now;
            checkDeadlines(now);
        }
        return work;
    }

    private int connect(Aeron aeron, long now) {
        try {
            if (subscription == null) {
                subscription = aeron.addSubscription(ctx.egressChannel(), ctx.answerStreamId());
            }
            publication = aeron.addExclusivePublication(ctx.readChannel(member), ReadProtocol.QUESTION_STREAM);
        } catch (AeronException e) {
            LOG.warn("namespace reads: member cannot be asked: member={}, {}", member, e.getMessage());
            return 0;
        }
        isWelcome = false;
        messageLength = 0;
        helloNs = now - HELLO_NS;
        calls.resend();
        return 1;
    }

    private void disconnect() {
        CloseHelper.quietClose(publication);
        publication = null;
        isWelcome = false;
        messageLength = 0;
    }

    /** The Aeron client is gone, and all that came from it: what is unanswered is asked through the next one. */
    void dropDriver() {
        CloseHelper.quietClose(subscription);
        subscription = null;
        disconnect();
        calls.resend();
    }

    /** As far as it goes without a driver. */
    void pollWithoutDriver(long now) {
        calls.admit();
        checkDeadlines(now);
    }

    /** Says hello until the member has heard it, and now and then after. */
    private void greet(long now) {
        if (now - helloNs < (isWelcome ? KEEP_ALIVE_NS : HELLO_NS) || !publication.isConnected()) {
            return;
        }
        String channel = subscription.tryResolveChannelEndpointPort();
        if (channel == null) {
            return;
        }
        helloNs = now;
        int length = ReadProtocol.putHello(hello, ctx.nonce(), ctx.answerStreamId(), channel);
        if (publication.offer(hello, 0, length) == Publication.CLOSED) {
            disconnect();
        }
    }

    private int send(long now) {
        int count = 0;
        while (true) {
            if (messageLength == 0) {
                int type = isStale ? ReadProtocol.STALE_QUESTIONS : ReadProtocol.QUESTIONS;
                int end = calls.gather(message, ReadProtocol.HEADER_LENGTH, 0, now);
                messageLength = end == ReadProtocol.HEADER_LENGTH ? 0 : end;
                ReadProtocol.putHeader(message, type, ctx.nonce(), 0);
            }
            if (messageLength == 0) {
                return count;
            }
            long result = publication.offer(message, 0, messageLength);
            if (result <= 0) {
                if (result == Publication.CLOSED || result == Publication.MAX_POSITION_EXCEEDED) {
                    disconnect();
                }
                return count;
            }
            messageLength = 0;
            count++;
        }
    }

    private void onMessage(DirectBuffer buffer, int offset, int length, Header header) {
        if (!ReadProtocol.isKnown(buffer, offset, length) || ReadProtocol.nonce(buffer, offset) != ctx.nonce()) {
            return;
        }
        int type = ReadProtocol.type(buffer, offset);
        if (type == ReadProtocol.WELCOME) {
            isWelcome = true;
        } else if (type == ReadProtocol.ANSWERS) {
            position = ReadProtocol.position(buffer, offset);
            isPaging = length >= QueryAnswers.FULL_PAGE;
            isBulky = length >= QueryAnswers.BULKY_PAGE;
            int framesLength = length - ReadProtocol.HEADER_LENGTH;
            if (!Frames.forEach(buffer, offset + ReadProtocol.HEADER_LENGTH, framesLength, null, onResult)) {
                throw new IllegalStateException("answers that are not whole: length=" + length);
            }
        }
    }

    private void onResult(DirectBuffer buffer, int offset, int length) {
        calls.onResult(buffer, offset, length);
    }

    private void checkDeadlines(long now) {
        String where = "reads of member " + member + (isWelcome ? ", connected" : ", not connected");
        if (calls.checkDeadlines(now, where) && messageLength == 0) {
            // The member may have been started anew, and know nothing of this client.
            isWelcome = false;
            calls.resend();
        }
    }

    void onClose() {
        CloseHelper.quietCloseAll(publication, subscription);
        calls.stop();
    }
}
