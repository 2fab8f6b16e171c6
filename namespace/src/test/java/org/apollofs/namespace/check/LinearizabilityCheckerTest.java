package org.apollofs.namespace.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Histories written down by hand, right ones and wrong ones. Times are small numbers. */
@Timeout(60)
class LinearizabilityCheckerTest {
    private final List<Operation> history = new ArrayList<>();

    private static Action.Put put(String key, String value) {
        return new Action.Put(key, value, Action.ANY_VERSION);
    }

    private void did(long from, long to, Action action, Answer answer) {
        history.add(new Operation(0, from, to, action, answer));
    }

    private void sent(long from, Action action) {
        history.add(new Operation(0, from, Operation.NEVER, action, null));
    }

    private void read(long from, long to, String key, String value, long version) {
        did(from, to, new Action.Get(key), value == null ? Answer.absent() : Answer.found(value, version));
    }

    private void assertRight() {
        LinearizabilityChecker.Verdict verdict = new LinearizabilityChecker().check(history);
        assertTrue(verdict.isLinearizable(), verdict.reason());
    }

    private void assertWrong() {
        LinearizabilityChecker.Verdict verdict = new LinearizabilityChecker().check(history);
        assertFalse(verdict.isLinearizable());
        assertTrue(verdict.reason().contains("cannot come next"), verdict.reason());
    }

    @Test
    void shouldAcceptNothing() {
        assertRight();
    }

    @Test
    void shouldAcceptOneAfterTheOther() {
        read(0, 1, "k", null, 0);
        did(2, 3, put("k", "a"), Answer.done(5));
        read(4, 5, "k", "a", 5);
        did(6, 7, new Action.Delete("k", 5), Answer.done(0));
        read(8, 9, "k", null, 0);
        did(10, 11, put("k", "b"), Answer.done(9));
        did(12, 13, new Action.CompareAndSet("k", "a", "c"), Answer.refused());
        did(14, 15, new Action.CompareAndSet("k", "b", "c"), Answer.done(10));
        did(16, 17, new Action.Put("k", "d", 9), Answer.refused());
        did(18, 19, new Action.Put("k", "d", 10), Answer.done(12));
        read(20, 21, "k", "d", 12);
        assertRight();
    }

    @Test
    void shouldAcceptEitherOrderOfWhatOverlaps() {
        did(0, 10, put("k", "a"), Answer.done(1));
        did(0, 10, put("k", "b"), Answer.done(2));
        read(1, 9, "k", "a", 1);
        read(1, 9, "k", null, 0);
        read(11, 12, "k", "b", 2);
        assertRight();
    }

    @Test
    void shouldRefuseAStaleRead() {
        did(0, 1, put("k", "a"), Answer.done(1));
        did(2, 3, put("k", "b"), Answer.done(2));
        read(4, 5, "k", "a", 1);
        assertWrong();
    }

    @Test
    void shouldRefuseALostUpdate() {
        did(0, 1, put("k", "a"), Answer.done(1));
        did(2, 8, new Action.Put("k", "b", 1), Answer.done(2));
        did(2, 8, new Action.Put("k", "c", 1), Answer.done(3));
        assertWrong();
    }

    @Test
    void shouldRefuseALostWrite() {
        did(0, 1, put("k", "a"), Answer.done(1));
        read(2, 3, "k", null, 0);
        assertWrong();
    }

    @Test
    void shouldRefuseWhatNobodyWrote() {
        did(0, 1, put("k", "a"), Answer.done(1));
        read(2, 3, "k", "z", 1);
        assertWrong();
    }

    @Test
    void shouldRefuseAReadOfTheFuture() {
        read(0, 1, "k", "a", 1);
        did(2, 3, put("k", "a"), Answer.done(1));
        assertWrong();
    }

    @Test
    void shouldRefuseAWriteThatWasSeenAndThenNot() {
        did(0, 1, put("k", "a"), Answer.done(1));
        did(2, 20, put("k", "b"), Answer.done(2));
        read(3, 4, "k", "b", 2);
        read(5, 6, "k", "a", 1);
        assertWrong();
    }

    @Test
    void shouldAcceptAWriteWithoutAnAnswerThatShowsLater() {
        did(0, 1, put("k", "a"), Answer.done(1));
        sent(2, put("k", "b"));
        read(3, 4, "k", "a", 1);
        read(5, 6, "k", "b", 7);
        read(7, 8, "k", "b", 7);
        assertRight();
    }

    @Test
    void shouldAcceptAWriteWithoutAnAnswerThatNeverShows() {
        did(0, 1, put("k", "a"), Answer.done(1));
        sent(2, put("k", "b"));
        read(3, 4, "k", "a", 1);
        did(5, 6, new Action.Put("k", "c", 1), Answer.done(2));
        assertRight();
    }

    @Test
    void shouldAcceptAWriteWithoutAnAnswerThatShowsOnlyByARefusal() {
        did(0, 1, put("k", "a"), Answer.done(1));
        sent(2, put("k", "b"));
        did(3, 4, new Action.Put("k", "c", 1), Answer.refused());
        assertRight();
        read(5, 6, "k", "a", 1);
        assertWrong();
    }

    @Test
    void shouldRefuseAWriteWithoutAnAnswerThatHappensTwice() {
        sent(0, put("k", "b"));
        read(1, 2, "k", "b", 3);
        did(3, 4, put("k", "c"), Answer.done(4));
        read(5, 6, "k", "b", 5);
        assertWrong();
    }

    @Test
    void shouldRefuseAWriteWithoutAnAnswerBeforeItWasSent() {
        read(0, 1, "k", "b", 3);
        sent(2, put("k", "b"));
        assertWrong();
    }

    @Test
    void shouldRefuseOneWriteWithTwoVersions() {
        sent(0, put("k", "b"));
        read(1, 2, "k", "b", 3);
        read(3, 4, "k", "b", 4);
        assertWrong();
    }

    @Test
    void shouldRefuseAVersionThatFalls() {
        did(0, 1, put("k", "a"), Answer.done(5));
        did(2, 3, put("k", "b"), Answer.done(4));
        assertWrong();
    }

    @Test
    void shouldRefuseALowVersionAfterADelete() {
        did(0, 1, put("k", "a"), Answer.done(5));
        did(2, 3, new Action.Delete("k", Action.ANY_VERSION), Answer.done(0));
        did(4, 5, put("k", "b"), Answer.done(5));
        assertWrong();
    }

    @Test
    void shouldRefuseADeleteOfNothing() {
        did(0, 1, new Action.Delete("k", Action.ANY_VERSION), Answer.absent());
        did(2, 3, new Action.Delete("k", Action.ANY_VERSION), Answer.done(0));
        assertWrong();
    }

    private static Action.Transaction move(String from, long version, String to, String value) {
        return new Action.Transaction(
                List.of(new Action.VersionIs(from, version)),
                List.of(new Action.Delete(from, Action.ANY_VERSION), put(to, value)),
                List.of(new Action.Get(from), new Action.Get(to)));
    }

    private static Action.Transaction readBoth() {
        return new Action.Transaction(List.of(), List.of(new Action.Get("a"), new Action.Get("b")), List.of());
    }

    @Test
    void shouldAcceptTransactions() {
        did(0, 1, put("a", "x"), Answer.done(1));
        did(2, 9, move("a", 1, "b", "y"), Answer.transaction(true, 3, List.of(Answer.done(0), Answer.done(3))));
        did(3, 4, readBoth(), Answer.transaction(true, 0, List.of(Answer.found("x", 1), Answer.absent())));
        did(5, 6, readBoth(), Answer.transaction(true, 0, List.of(Answer.absent(), Answer.found("y", 3))));
        did(
                10,
                11,
                move("a", 1, "b", "z"),
                Answer.transaction(false, 0, List.of(Answer.absent(), Answer.found("y", 3))));
        assertRight();
    }

    @Test
    void shouldRefuseATornTransaction() {
        did(0, 1, put("a", "x"), Answer.done(1));
        did(2, 9, move("a", 1, "b", "y"), Answer.transaction(true, 3, List.of(Answer.done(0), Answer.done(3))));
        did(3, 4, readBoth(), Answer.transaction(true, 0, List.of(Answer.found("x", 1), Answer.found("y", 3))));
        assertWrong();
    }

    @Test
    void shouldRefuseATransactionWhoseReadsDoNotAgree() {
        // Each key alone could be so: before and after. Both at once they never were.
        did(0, 1, put("a", "1"), Answer.done(1));
        did(2, 3, put("b", "1"), Answer.done(2));
        did(4, 5, put("a", "2"), Answer.done(3));
        did(6, 7, put("b", "2"), Answer.done(4));
        did(2, 9, readBoth(), Answer.transaction(true, 0, List.of(Answer.found("1", 1), Answer.found("2", 4))));
        assertWrong();
    }

    @Test
    void shouldRefuseATransactionAgainstItsCondition() {
        did(0, 1, put("a", "x"), Answer.done(1));
        did(2, 3, put("a", "y"), Answer.done(2));
        did(4, 5, move("a", 1, "b", "y"), Answer.transaction(true, 4, List.of(Answer.done(0), Answer.done(4))));
        assertWrong();
    }

    @Test
    void shouldRefuseATransactionThatFailsThoughItHolds() {
        did(0, 1, put("a", "x"), Answer.done(1));
        did(4, 5, move("a", 1, "b", "y"), Answer.transaction(false, 0, List.of(Answer.found("x", 1), Answer.absent())));
        assertWrong();
    }

    @Test
    void shouldAcceptATransactionWithoutAnAnswer() {
        did(0, 1, put("a", "x"), Answer.done(1));
        sent(2, move("a", 1, "b", "y"));
        read(3, 4, "a", "x", 1);
        read(5, 6, "b", "y", 9);
        read(7, 8, "a", null, 0);
        assertRight();
        read(9, 10, "a", "x", 1);
        assertWrong();
    }

    @Test
    void shouldJudgeKeysApart() {
        for (int i = 0; i < 200; i++) {
            did(0, 1000, put("k" + i, "a"), Answer.done(2 * i + 1));
            did(0, 1000, put("k" + i, "b"), Answer.done(2 * i + 2));
            read(0, 1000, "k" + i, "a", 2 * i + 1);
        }
        assertRight();
        read(2000, 2001, "k77", "a", 155);
        assertWrong();
    }

    @Test
    void shouldDecideManyWritesWithoutAnswers() {
        for (int i = 0; i < 12; i++) {
            sent(i, put("k", "lost" + i));
        }
        for (int i = 0; i < 300; i++) {
            did(100 + 2 * i, 101 + 2 * i, put("k", "v" + i), Answer.done(100 + i));
        }
        read(1000, 1001, "k", "lost3", 500);
        read(1002, 1003, "k", "v299", 399);
        assertEquals(false, new LinearizabilityChecker().check(history).isLinearizable());
        history.removeLast();
        assertRight();
    }

    @Test
    void shouldSayThatItCouldNotDecide() {
        did(0, 1, put("k", "a"), Answer.done(1));
        did(2, 3, put("k", "b"), Answer.done(2));
        assertThrows(IllegalStateException.class, () -> new LinearizabilityChecker(1).check(history));
    }
}
