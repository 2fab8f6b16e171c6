package org.apollofs.namespace.cluster;

import java.util.List;

/**
 * Asks the member that leads from where on it still has the log. A member whose own log ends before that was away for too long:
 * it cannot be sent what it lacks, and would try for ever. All that it has stands in the leader's snapshot, or was never committed.
 * One thread.
 */
final class LogStarts implements AutoCloseable {
    private final PeerQuestions questions;
    private final boolean isLasting;
    private long ofLeader;

    /** @param isLasting whether a leader that has answered is asked again. */
    LogStarts(NamespaceMemberContext ctx, boolean isLasting) {
        this.isLasting = isLasting;
        List<MemberAddress> others = ctx.members().stream()
                .filter(member -> member.id() != ctx.memberId())
                .toList();
        questions = new PeerQuestions(others, ctx.peerKey(), ctx.nanoClock(), this::onAnswer, PeerMessage.ASK_LOG);
    }

    private void onAnswer(int member, int type, int flags, long value) {
        // One that was deposed may not know it yet. Then the copy may be one too many, and no more.
        if (type == PeerMessage.LOG_START && MemberStatus.Role.of(flags) == MemberStatus.Role.LEADER) {
            ofLeader = value;
            if (!isLasting) {
                questions.isEnough();
            }
        }
    }

    /** Where the leader's log begins, as it has said last; 0 if none has answered. */
    long ofLeader() {
        return ofLeader;
    }

    /** Asks until a leader has answered, or some time has passed: there may be none. */
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
