package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.archive.status.RecordingPos;
import org.agrona.concurrent.status.CountersReader;
import org.apollofs.namespace.state.QueryAnswers;

/**
 * Points in the log that questions wait for. A mark is made after the questions that wait for it came; when it is reached,
 * this member's tables hold all that any client had been told before.
 *
 * <p>The member that leads takes the end of its log as the mark, and has a {@link TermQuorum} confirm that its term had not
 * ended by then. Whatever is committed anywhere stands before that end: members learn of commits from the leader, who counts
 * no further than its own recording goes. Nothing is written for such a mark.
 *
 * <p>Where that does not work (another member leads, an election is on, members do not answer) a {@link ReadBarrier} is put
 * into the log. One mark is under way at a time. For one thread.
 */
final class ReadMarks implements AutoCloseable {
    /** A barrier that was sent to a leader that is gone does not come back. */
    private static final long BARRIER_NS = 200_000_000L;

    private static final long ASK_AGAIN_NS = 50_000_000L;
    /** Time for a mark to be confirmed and reached: members may be sites apart. */
    private static final long GIVE_UP_NS = 500_000_000L;
    /** Barriers only, for a while after the others did not confirm. */
    private static final long ASIDE_NS = 1_000_000_000L;

    private final ReadBarrier barrier;
    private final BarrierSender sender;
    private final TermQuorum quorum;
    private final ServiceProgress progress;
    private final QueryAnswers answers;
    private final long archiveId;
    private final NamespaceCounters counters;

    private long nextNumber = 1;
    private long reached;
    private long begunNs;
    private long sentNs;
    private boolean isAside;
    private long asideSinceNs;
    /** Whether the mark that is under way is to be confirmed, instead of a barrier. */
    private boolean isConfirming;
    /** Of the mark to be confirmed. */
    private long position;

    private ServiceProgress.Term term;
    private int recordingCounter = CountersReader.NULL_COUNTER_ID;
    private long recordingId;
    private volatile long beyond;

    /**
     * For a member.
     *
     * @param quorum null for a lone member.
     * @param answers of the tables that questions are answered from.
     * @param archiveId of the archive that records the log.
     */
    ReadMarks(
            ReadBarrier barrier,
            BarrierSender sender,
            TermQuorum quorum,
            ServiceProgress progress,
            QueryAnswers answers,
            long archiveId,
            NamespaceCounters counters) {
        this.barrier = barrier;
        this.sender = sender;
        this.quorum = quorum;
        this.progress = progress;
        this.answers = answers;
        this.archiveId = archiveId;
        this.counters = counters;
    }

    /** Number of the mark that a question which comes now has to wait for. */
    long next() {
        return nextNumber;
    }

    /** Number of the last mark that snapshots taken from now on hold. May ask for a commit. */
    long reached() {
        long applied = barrier.applied();
        if (applied > reached) {
            reached = applied;
        }
        if (isConfirming && reached < nextNumber - 1 && quorum.isConfirmed() && progress.position() >= position) {
            // Before the commit is asked for: what is applied later need not be waited for.
            long transaction = answers.onRead();
            if (answers.committed() >= transaction) {
                reached = nextNumber - 1;
                isConfirming = false;
            } else {
                answers.askFor(transaction);
            }
        }
        return reached;
    }

    int poll(Aeron aeron, long now) {
        return sender.poll(aeron, now);
    }

    /** Makes a mark, if the one that is wanted is not made yet and none is under way, or that one does not come. */
    int pursue(long wanted, Aeron aeron, long now) {
        if (reached() >= wanted) {
            return 0;
        }
        if (reached == nextNumber - 1) {
            return begin(aeron, now);
        }
        if (isConfirming) {
            return confirm(aeron, now);
        }
        return now - sentNs < BARRIER_NS ? 0 : begin(aeron, now);
    }

    private int confirm(Aeron aeron, long now) {
        boolean isConfirmed = quorum.isConfirmed();
        // A confirmed end may not be reached either: if it is padding, or if the others went and it was cut off.
        if ((!isConfirmed && quorum.isDenied()) || now - begunNs > GIVE_UP_NS) {
            isConfirming = false;
            isAside = true;
            asideSinceNs = now;
            sentNs = now - BARRIER_NS;
            return begin(aeron, now);
        }
        if (!isConfirmed && now - sentNs > ASK_AGAIN_NS) {
            sentNs = now;
            quorum.askAgain();
            return 1;
        }
        return 0;
    }

    private int begin(Aeron aeron, long now) {
        isAside = isAside && now - asideSinceNs < ASIDE_NS;
        if (quorum != null && !isAside && findEnd(aeron.countersReader())) {
            quorum.ask(nextNumber, term.id());
            isConfirming = true;
            counters.readConfirmations.increment();
        } else if (sender.send(nextNumber, now)) {
            isConfirming = false;
            counters.readBarriers.increment();
        } else {
            return 0;
        }
        nextNumber++;
        begunNs = now;
        sentNs = now;
        return 1;
    }

    /** Finds the end of the log if this member leads. */
    private boolean findEnd(CountersReader all) {
        ServiceProgress.Term led = progress.led();
        if (led == null) {
            return false;
        }
        if (!led.equals(term)) {
            term = led;
            recordingCounter = RecordingPos.findCounterIdBySession(all, led.logSessionId(), archiveId);
            recordingId = RecordingPos.getRecordingId(all, recordingCounter);
        }
        if (recordingCounter == CountersReader.NULL_COUNTER_ID) {
            return false;
        }
        position = all.getCounterValue(recordingCounter) + beyond;
        // After it was read: the place may have become another counter's.
        return RecordingPos.isActive(all, recordingCounter, recordingId);
    }

    /** Takes ends of the log to be so many bytes further than they are, where nothing comes. For tests. */
    void misreadEnd(long bytes) {
        beyond = bytes;
    }

    @Override
    public void close() {
        sender.close();
    }
}
