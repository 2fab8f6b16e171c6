package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.Header;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.state.QueryAnswers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the questions of clients from this member's tables, beside the log: see {@link ReadProtocol}.
 *
 * <p>Questions wait for one of {@link ReadMarks} that is made after they came; all that wait share one. While one is under way,
 * what comes meanwhile waits for the next. The only member of a cluster makes one after its start, and none from then on: what
 * it has applied is what there is, since nobody else could have answered anything newer, and questions wait only for the
 * commit of what had been answered when they came.
 *
 * <p>An agent with a thread of its own, beside the service's, which it never makes wait. It owns its Aeron client, and the marks.
 */
final class ReadServer implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(ReadServer.class);
    private static final int FRAGMENT_LIMIT = 256;
    /** Bytes of questions that wait: beyond, no more are taken, and clients' streams fill. */
    private static final long MAX_WAITING = 64 << 20;
    /** A client says at least that often that it is there. */
    private static final long FORGET_NS = 60_000_000_000L;

    private static final long CHECK_NS = 1_000_000_000L;

    // How long the thread rests at a time, and for how long after a question.
    private static final long AT_ONCE_NS = 200_000L;
    private static final long CLOSE_NS = 1_500_000L;
    private static final long CLOSE_REST_NS = 250_000L;
    private static final long RECENT_NS = 1_000_000_000L;
    private static final long RECENT_REST_NS = 1_000_000L;
    private static final long PATIENT_REST_NS = 2_000_000L;
    /** For how long after a bulky answer others are expected to be as bulky. */
    private static final long BULKY_NS = 50_000_000L;

    private final NamespaceMemberContext ctx;
    private final String aeronDirectory;
    private final NamespaceCounters counters;
    private final QueryAnswers answers;
    private final ReadMarks marks;
    private final FragmentAssembler assembler = new FragmentAssembler(this::onMessage);
    private final Frames.Consumer onQuestion = this::onQuestion;
    private final Frames.Consumer onUnread = this::onUnread;
    private final Runnable answerBatch = this::answerBatch;
    private final Long2ObjectHashMap<Client> clients = new Long2ObjectHashMap<>();
    private final ArrayList<Client> waitingClients = new ArrayList<>();
    private final ArrayDeque<Questions> questions = new ArrayDeque<>();
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[ReadProtocol.HEADER_LENGTH + Frames.HEADER_LENGTH]);

    private Aeron aeron;
    private Subscription ipc;
    private Subscription udp;
    private volatile boolean isCaughtUp;
    private long waitingBytes;
    private long lastCheckNs;
    private long nowNs;
    /** When the last question came that did not say it might be stale. */
    private long urgentNs;
    /** When the last other one came. */
    private long patientNs;
    /** When the last one came whose answer was a full page. */
    private long pagingNs;
    /** When the last one came whose answer was bulky. */
    private long bulkyNs;
    /** What the snapshot under which questions are answered holds for certain, see {@link #look}. */
    private long seenMark;

    private long seenAnswers;
    private boolean allMayBeStale;
    private Client answered;
    private long position;

    /**
     * A message of questions that waits.
     *
     * @param afterNumber mark that it waits for; 0 for none.
     * @param answered what had been answered when it came, which the only member of a cluster goes by instead of marks.
     */
    private record Questions(Client client, UnsafeBuffer frames, long afterNumber, long answered) {}

    /** A client, and the answers that wait for room in its stream. */
    private static final class Client {
        private final long nonce;
        private final Publication publication;
        private final WaitingResults results = new WaitingResults();
        private long seenNs;
        private long position;

        Client(long nonce, Publication publication, long seenNs) {
            this.nonce = nonce;
            this.publication = publication;
            this.seenNs = seenNs;
        }
    }

    ReadServer(
            NamespaceMemberContext ctx,
            String aeronDirectory,
            QueryAnswers answers,
            ReadMarks marks,
            NamespaceCounters counters) {
        this.ctx = ctx;
        this.aeronDirectory = aeronDirectory;
        this.answers = answers;
        this.marks = marks;
        this.counters = counters;
        lastCheckNs = ctx.nanoClock().nanoTime();
        nowNs = lastCheckNs;
        urgentNs = nowNs - RECENT_NS;
        patientNs = urgentNs;
        pagingNs = urgentNs;
        bulkyNs = urgentNs;
    }

    @Override
    public String roleName() {
        return "namespace-reads";
    }

    @Override
    public void onStart() {
        aeron = Aeron.connect(AeronTimeouts.ofClient(aeronDirectory)
                .useConductorAgentInvoker(true)
                .clientName(roleName())
                .errorHandler(e -> LOG.warn("namespace reads: {}", e.getMessage())));
        ipc = aeron.addSubscription("aeron:ipc", ReadProtocol.QUESTION_STREAM);
        if (ctx.listens()) {
            udp = aeron.addSubscription("aeron:udp?endpoint=" + ctx.address().reads(), ReadProtocol.QUESTION_STREAM);
        }
    }

    @Override
    public int doWork() {
        if (aeron.isClosed()) {
            throw new AgentTerminationException("the media driver is gone: " + aeronDirectory);
        }
        long now = ctx.nanoClock().nanoTime();
        nowNs = now;
        int work = aeron.conductorAgentInvoker().invoke();
        work += marks.poll(aeron, now);
        if (waitingBytes < MAX_WAITING) {
            work += ipc.poll(assembler, FRAGMENT_LIMIT);
            work += udp == null ? 0 : udp.poll(assembler, FRAGMENT_LIMIT);
        }
        work += mark(now);
        work += answer();
        work += flush();
        if (now - lastCheckNs > CHECK_NS) {
            lastCheckNs = now;
            forgetClients(now);
        }
        return work;
    }

    /**
     * How long the thread may rest: not while questions or answers wait; else the less, the less long ago a question came that is
     * likely to be followed by another at once. Those of a live follower are not, and it is patient; the more so, the more each
     * answer brings.
     */
    long restNs() {
        if (!questions.isEmpty() || !waitingClients.isEmpty()) {
            return 0;
        }
        long sinceNs = nowNs - Math.max(urgentNs, pagingNs);
        if (sinceNs < AT_ONCE_NS || (ctx.isSingle() && !isCaughtUp)) {
            return 0;
        }
        if (sinceNs < CLOSE_NS) {
            return CLOSE_REST_NS;
        }
        if (nowNs - urgentNs < RECENT_NS) {
            return RECENT_REST_NS;
        }
        boolean isPatient = nowNs - patientNs < RECENT_NS && nowNs - bulkyNs > BULKY_NS;
        return isPatient ? PATIENT_REST_NS : AttentiveIdle.DOZE_NS;
    }

    // Questions come.

    private void onMessage(DirectBuffer buffer, int offset, int length, Header messageHeader) {
        if (!ReadProtocol.isKnown(buffer, offset, length)) {
            counters.readsRefused.increment();
            return;
        }
        long nonce = ReadProtocol.nonce(buffer, offset);
        int type = ReadProtocol.type(buffer, offset);
        if (type == ReadProtocol.HELLO) {
            onHello(nonce, buffer, offset, length);
            return;
        }
        Client client = clients.get(nonce);
        if (client == null || (type != ReadProtocol.QUESTIONS && type != ReadProtocol.STALE_QUESTIONS)) {
            // Of a client from before this member's start: it will say hello.
            counters.readsRefused.increment();
            return;
        }
        client.seenNs = nowNs;
        int framesLength = length - ReadProtocol.HEADER_LENGTH;
        UnsafeBuffer frames = new UnsafeBuffer(new byte[framesLength]);
        frames.putBytes(0, buffer, offset + ReadProtocol.HEADER_LENGTH, framesLength);
        long after = type == ReadProtocol.STALE_QUESTIONS || mayBeStale(frames) ? 0 : marks.next();
        Questions message = new Questions(client, frames, after, after == 0 ? 0 : answers.onRead());
        waitingBytes += framesLength;
        if (after == 0) {
            // Waits for nothing, so not behind those that do.
            questions.addFirst(message);
            patientNs = nowNs;
        } else {
            questions.addLast(message);
            urgentNs = nowNs;
        }
    }

    /** Whether all questions of a message may be answered at once. */
    private boolean mayBeStale(UnsafeBuffer frames) {
        allMayBeStale = true;
        return Frames.forEach(frames, 0, frames.capacity(), null, onUnread) && allMayBeStale;
    }

    private void onUnread(DirectBuffer buffer, int offset, int length, boolean isWhole) {
        allMayBeStale = allMayBeStale && answers.mayBeStale(buffer, offset, length);
    }

    private void onHello(long nonce, DirectBuffer buffer, int offset, int length) {
        String channel = ReadProtocol.channel(buffer, offset, length);
        if (channel == null) {
            counters.readsRefused.increment();
            return;
        }
        long now = ctx.nanoClock().nanoTime();
        Client client = clients.get(nonce);
        if (client == null) {
            try {
                Publication publication = aeron.addPublication(channel, ReadProtocol.streamId(buffer, offset));
                client = new Client(nonce, publication, now);
                clients.put(nonce, client);
            } catch (AeronException e) {
                LOG.warn("namespace reads: client cannot be answered: channel={}, {}", channel, e.getMessage());
                counters.readsRefused.increment();
                return;
            }
        }
        client.seenNs = now;
        ReadProtocol.putHeader(header, ReadProtocol.WELCOME, nonce, 0);
        if (client.publication.offer(header, 0, ReadProtocol.HEADER_LENGTH) <= 0) {
            // Its stream is not connected yet: it says hello again.
            LOG.trace("namespace reads: no welcome yet");
        }
    }

    private void forgetClients(long now) {
        for (Iterator<Client> all = clients.values().iterator(); all.hasNext(); ) {
            Client client = all.next();
            if (now - client.seenNs > FORGET_NS) {
                all.remove();
                waitingClients.remove(client);
                client.results.clear();
                CloseHelper.quietClose(client.publication);
            }
        }
    }

    private boolean needsNoMark() {
        return ctx.isSingle() && marks.reached() > 0;
    }

    /** Whether the tables of the only member have all that was in the log when it started. Any thread. */
    boolean isCaughtUp() {
        return isCaughtUp;
    }

    /** The only member makes its one mark by itself: who reads its tables in the process waits for it after a start. */
    private int mark(long now) {
        if (ctx.isSingle() && !isCaughtUp) {
            isCaughtUp = marks.reached() > 0;
            return isCaughtUp ? 1 : marks.pursue(1, aeron, now);
        }
        return questions.isEmpty() || needsNoMark() ? 0 : marks.pursue(questions.getLast().afterNumber, aeron, now);
    }

    // Answers.

    private int answer() {
        if (questions.isEmpty()) {
            return 0;
        }
        look();
        if (!isReady(questions.getFirst())) {
            return 0;
        }
        answers.underOneSnapshot(answerBatch);
        return 1;
    }

    /** Looks how far the tables are. Before the snapshot is taken: what is committed later is not in it. */
    private void look() {
        seenMark = marks.reached();
        seenAnswers = answers.committed();
    }

    private boolean isReady(Questions message) {
        if (message.afterNumber <= seenMark) {
            return true;
        }
        if (!ctx.isSingle() || seenMark == 0) {
            return false;
        }
        if (message.answered > seenAnswers) {
            answers.askFor(message.answered);
            return false;
        }
        return true;
    }

    private void answerBatch() {
        position = answers.appliedPosition();
        while (!questions.isEmpty() && isReady(questions.getFirst())) {
            Questions message = questions.removeFirst();
            waitingBytes -= message.frames.capacity();
            answered = message.client;
            if (clients.get(answered.nonce) != answered) {
                continue;
            }
            boolean wasWaiting = !answered.results.isEmpty();
            answered.position = position;
            if (!Frames.forEach(message.frames, 0, message.frames.capacity(), null, onQuestion)) {
                counters.readsRefused.increment();
            }
            if (!wasWaiting && !answered.results.isEmpty()) {
                waitingClients.add(answered);
            }
        }
    }

    private void onQuestion(DirectBuffer buffer, int offset, int length, boolean isWhole) {
        DirectBuffer result = answers.answer(buffer, offset, length);
        counters.reads.increment();
        if (answers.length() >= QueryAnswers.FULL_PAGE) {
            pagingNs = nowNs;
        } else if (answers.length() >= QueryAnswers.BULKY_PAGE) {
            bulkyNs = nowNs;
        }
        if (!sendAtOnce(result) && !answered.results.add(result, answers.offset(), answers.length())) {
            counters.answersDropped.increment();
        }
    }

    /** Sends a large answer from where it was written, in a message of its own, if nothing waits before it. */
    private boolean sendAtOnce(DirectBuffer result) {
        int framed = Frames.framed(answers.length()) - Frames.HEADER_LENGTH;
        if (answers.length() < WaitingResults.FULL_LENGTH
                || !answered.results.isEmpty()
                || answers.offset() + framed > result.capacity()) {
            return false;
        }
        ReadProtocol.putHeader(header, ReadProtocol.ANSWERS, answered.nonce, position);
        Frames.putResultHeader(header, ReadProtocol.HEADER_LENGTH, answers.length());
        return answered.publication.offer(header, 0, header.capacity(), result, answers.offset(), framed, null) > 0;
    }

    private int flush() {
        int sent = 0;
        for (int i = waitingClients.size() - 1; i >= 0; i--) {
            Client client = waitingClients.get(i);
            sent += send(client);
            if (client.results.isEmpty()) {
                waitingClients.remove(i);
            }
        }
        return sent;
    }

    private int send(Client client) {
        int sent = 0;
        ReadProtocol.putHeader(header, ReadProtocol.ANSWERS, client.nonce, client.position);
        while (!client.results.isEmpty()) {
            int length = client.results.length();
            long result = client.publication.offer(
                    header,
                    0,
                    ReadProtocol.HEADER_LENGTH,
                    client.results.buffer(),
                    client.results.offset(),
                    length,
                    null);
            if (result <= 0) {
                if (result == Publication.CLOSED || result == Publication.MAX_POSITION_EXCEEDED) {
                    // It says hello again, and has another.
                    clients.remove(client.nonce);
                    client.results.clear();
                    CloseHelper.quietClose(client.publication);
                }
                return sent;
            }
            client.results.sent(length);
            sent++;
        }
        return sent;
    }

    @Override
    public void onClose() {
        CloseHelper.quietCloseAll(marks, aeron);
    }
}
