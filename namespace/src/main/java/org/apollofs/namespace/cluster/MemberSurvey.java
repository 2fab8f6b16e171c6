package org.apollofs.namespace.cluster;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.concurrent.SystemNanoClock;

/** Asks the members of a namespace how they are, beside their cluster: it works where nobody leads, too. One thread. */
public final class MemberSurvey {
    private final Map<Integer, Answers> answers = new TreeMap<>();
    private PeerQuestions questions;

    /** What one member has answered so far. */
    private static final class Answers {
        private boolean hasStatus;
        private boolean hasVote;
        private boolean hasStart;
        private boolean hasStrangers;
        private boolean isRefused;
        private int flags;
        private long position;
        private long voted = -1;
        private long logStart;
        private long strangers;

        boolean isWhole() {
            // Who has no log yet answers nothing else.
            return hasStatus
                    && (MemberStatus.Role.of(flags) == MemberStatus.Role.JOINING
                            || (hasVote && hasStart && hasStrangers));
        }
    }

    private MemberSurvey() {}

    /**
     * Asks them.
     *
     * @param members with ports.
     * @param key that they have; one who has another is {@link MemberStatus.Role#REFUSING}.
     * @param timeoutNs how long to wait for those who do not answer.
     * @return what they say, in the order of their ids; those who do not answer are missing.
     */
    public static List<MemberStatus> ask(List<MemberAddress> members, PeerKey key, long timeoutNs) {
        return new MemberSurvey().run(members, key, timeoutNs);
    }

    private List<MemberStatus> run(List<MemberAddress> members, PeerKey key, long timeoutNs) {
        members.forEach(member -> answers.put(member.id(), new Answers()));
        try (PeerQuestions asking = new PeerQuestions(
                members,
                key,
                SystemNanoClock.INSTANCE,
                new Consumer(),
                PeerMessage.ASK_STATUS,
                PeerMessage.ASK_VOTE,
                PeerMessage.ASK_LOG,
                PeerMessage.ASK_STRANGERS)) {
            questions = asking;
            asking.await(timeoutNs);
        }
        return members.stream()
                .filter(member -> answers.get(member.id()).hasStatus || answers.get(member.id()).isRefused)
                .map(this::status)
                .sorted((left, right) -> left.member().id() - right.member().id())
                .toList();
    }

    private final class Consumer implements PeerQuestions.Consumer {
        @Override
        public void onAnswer(int member, int type, int flags, long value) {
            MemberSurvey.this.onAnswer(member, type, flags, value);
        }

        @Override
        public void onRefused(int member) {
            answers.get(member).isRefused = true;
        }
    }

    private void onAnswer(int member, int type, int flags, long value) {
        Answers of = answers.get(member);
        if (of == null) {
            return;
        }
        switch (type) {
            case PeerMessage.STATUS -> {
                of.hasStatus = true;
                of.flags = flags;
                of.position = value;
            }
            case PeerMessage.VOTE -> {
                of.hasVote = true;
                of.voted = value;
            }
            case PeerMessage.LOG_START -> {
                of.hasStart = true;
                of.logStart = value;
            }
            case PeerMessage.STRANGERS -> {
                of.hasStrangers = true;
                of.strangers = value;
            }
            default -> {
                return;
            }
        }
        if (of.isWhole()) {
            questions.isEnough(member);
        }
    }

    private MemberStatus status(MemberAddress member) {
        Answers of = answers.get(member.id());
        return new MemberStatus(
                member,
                of.hasStatus ? MemberStatus.Role.of(of.flags) : MemberStatus.Role.REFUSING,
                (of.flags & PeerMessage.ELECTING) != 0,
                (of.flags & PeerMessage.SPACE_LOW) != 0,
                of.position,
                of.voted,
                of.logStart,
                of.strangers);
    }
}
