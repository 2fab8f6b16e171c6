package org.apollofs.namespace.cluster;

import java.util.List;

/**
 * Asks the other members from where on they still have the log. A member whose own log ends before that was away for too long:
 * nobody can send it what it lacks, and it would try for ever. All that it has stands in the others' snapshots, or was never
 * committed. One thread.
 */
final class LogStarts implements AutoCloseable {
    private final PeerQuestions questions;
    private final boolean isLasting;
    private long latest;

    /** @param isLasting whether those who have answered are asked again. */
    LogStarts(NamespaceMemberContext ctx, boolean isLasting) {
        this.isLasting = isLasting;
        List<MemberAddress> others = ctx.members().stream()
                .filter(member -> member.id() != ctx.memberId())
                .toList();
        questions = new PeerQuestions(others, ctx.nanoClock(), this::onAnswer, PeerMessage.ASK_LOG);
    }

    private void onAnswer(int member, int type, int flags, long value) {
        if (type == PeerMessage.LOG_START) {
            latest = Math.max(latest, value);
            if (!isLasting) {
                questions.isEnough(member);
            }
        }
    }

    /** The latest position at which another member's log begins, as far as they have answered; else 0. */
    long latest() {
        return latest;
    }

    /** Asks until all others have answered, or some time has passed: some may be down. */
    void await(long timeoutNs) {
        questions.await(timeoutNs);
    }

    /** Asks if it is time, and hears. @return whether there is somebody left to ask. */
    boolean poll() {
        return questions.poll();
    }

    @Override
    public void close() {
        questions.close();
    }
}
