package org.apollofs.perf.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apollofs.perf.durability.Step.Kind;
import org.junit.jupiter.api.Test;

/** The model that judges: good histories pass, and each kind of loss is found. */
final class WorkerStateTest {
    private static final byte[] ABSENT = null;

    private final WorkerState state = new WorkerState();
    private final Map<String, byte[]> found = new TreeMap<>();
    private long lastStep;

    // Histories.

    private Step step(Kind kind, String name, String other, long handle, long offset, long length) {
        long id = ++lastStep;
        return new Step(id, 0, kind, name, other, handle, offset, length, 1_000 + id);
    }

    private Step begin(Kind kind, String name, long handle, long offset, long length) {
        Step step = step(kind, name, "", handle, offset, length);
        state.begin(step);
        return step;
    }

    private Step done(Kind kind, String name, String other) {
        Step step = step(kind, name, other, 0, 0, 0);
        state.begin(step);
        state.end(step, Outcome.done(0));
        return step;
    }

    private Step unknown(Kind kind, String name, String other) {
        Step step = step(kind, name, other, 0, 0, 0);
        state.begin(step);
        state.end(step, Outcome.unknown("EIO"));
        return step;
    }

    private Step write(Step open, long offset, int length) {
        Step step = begin(Kind.WRITE, open.name(), open.id(), offset, length);
        state.end(step, Outcome.done(length));
        return step;
    }

    private void truncate(Step open, long size) {
        state.end(begin(Kind.TRUNCATE, open.name(), open.id(), 0, size), Outcome.done(0));
    }

    private void fsync(Step open, boolean promises) {
        state.end(begin(Kind.FSYNC, open.name(), open.id(), 0, 0), promises ? Outcome.done(0) : Outcome.unknown("EIO"));
    }

    private void close(Step open) {
        state.end(begin(Kind.CLOSE, open.name(), open.id(), 0, 0), Outcome.done(0));
    }

    private Step value(Kind kind, String name, String other, Outcome outcome) {
        Step step = step(kind, name, other, 0, 0, 10);
        state.begin(step);
        if (outcome != null) {
            state.end(step, outcome);
        }
        return step;
    }

    // What is found.

    private static byte[] of(Step step) {
        return Content.of(step.seed(), (int) step.length());
    }

    private static byte[] join(byte[]... parts) {
        byte[] all = {};
        for (byte[] part : parts) {
            int at = all.length;
            all = Arrays.copyOf(all, at + part.length);
            System.arraycopy(part, 0, all, at, part.length);
        }
        return all;
    }

    private void find(String name, byte[] content) {
        if (content == null) {
            found.remove(name);
        } else {
            found.put(name, content);
        }
    }

    private final Tree tree = new Tree() {
        @Override
        public Set<String> names() {
            return found.keySet();
        }

        @Override
        public boolean isDirectory(String name) {
            return found.get(name).length == 0 && name.startsWith("d");
        }

        @Override
        public byte[] read(String name) throws IOException {
            if (name.startsWith("unreadable")) {
                throw new IOException("Input/output error");
            }
            return found.get(name);
        }
    };

    private void assertRight() throws IOException {
        assertEquals(List.of(), state.check(tree, false));
    }

    private void assertRightLive() throws IOException {
        assertEquals(List.of(), state.check(tree, true));
    }

    private void assertWrong(String part) throws IOException {
        List<Problem> problems = state.check(tree, false);
        assertTrue(problems.stream().anyMatch(problem -> problem.what().contains(part)), () -> part + ": " + problems);
    }

    private void assertWrongLive(String part) throws IOException {
        List<Problem> problems = state.check(tree, true);
        assertTrue(problems.stream().anyMatch(problem -> problem.what().contains(part)), () -> part + ": " + problems);
    }

    // Content.

    @Test
    void shouldWantWhatFsyncPromised() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 5_000);
        fsync(file, true);
        find("f", of(first));
        assertRight();
        byte[] torn = of(first);
        Arrays.fill(torn, 4_096, 5_000, (byte) 0);
        find("f", torn);
        assertWrong("has a wrong byte at offset 4096 of 5000 (904 zeros from there)");
        find("f", Arrays.copyOf(of(first), 4_096));
        assertWrong("has size 4096, expected 5000");
        find("f", ABSENT);
        assertWrong("f is not there");
    }

    @Test
    void shouldLetGoWhatNobodyPromisedButShowItWhileTheMountIsThere() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 100);
        fsync(file, true);
        Step second = write(file, 100, 50);
        find("f", of(first));
        assertRight();
        assertWrongLive("has size 100, expected 150");
        find("f", join(of(first), of(second)));
        assertRight();
        assertRightLive();
        find("f", join(of(first), new byte[50]));
        assertWrong("has a wrong byte at offset 100");
        close(file);
        find("f", of(first));
        assertWrong("has size 100, expected 150");
    }

    @Test
    void shouldTakeOldOrNewBytesForAWriteThatFailedButNoOthers() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step old = write(file, 0, 300);
        close(file);
        Step again = done(Kind.OPEN, "f", "");
        Step failed = begin(Kind.WRITE, "f", again.id(), 100, 100);
        state.end(failed, Outcome.unknown("ENOSPC"));
        fsync(again, true);
        find("f", of(old));
        assertRight();
        byte[] mixed = of(old);
        System.arraycopy(of(failed), 0, mixed, 100, 60);
        find("f", mixed);
        assertRight();
        mixed[170] = 0;
        find("f", mixed);
        assertWrong("has a wrong byte at offset 170");
    }

    @Test
    void shouldBelieveAnFsyncThatSucceedsAfterAWriteThatFailed() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 100);
        state.end(begin(Kind.WRITE, "f", file.id(), 100, 100), Outcome.unknown("EIO"));
        fsync(file, true);
        find("f", of(first));
        assertRight();
        find("f", new byte[0]);
        assertWrong("has size 0");
    }

    @Test
    void shouldNotHoldToWhatAFailedFsyncCovered() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        write(file, 0, 100);
        fsync(file, false);
        Step later = write(file, 100, 100);
        fsync(file, true);
        find("f", join(new byte[100], of(later)));
        assertRight();
        find("f", new byte[100]);
        assertWrong("has size 100, expected 200");
    }

    @Test
    void shouldTakeAShortWriteForWhatItTook() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step write = begin(Kind.WRITE, "f", file.id(), 0, 100);
        state.end(write, Outcome.done(60));
        fsync(file, true);
        find("f", Arrays.copyOf(of(write), 60));
        assertRight();
        find("f", of(write));
        assertRight();
        find("f", Arrays.copyOf(of(write), 59));
        assertWrong("has size 59");
    }

    @Test
    void shouldTakeAnyBeginningOfAWriteThatWasNotAnswered() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 100);
        fsync(file, true);
        Step second = begin(Kind.WRITE, "f", file.id(), 100, 100);
        find("f", join(of(first), Arrays.copyOf(of(second), 37)));
        assertRight();
        find("f", join(of(first), Arrays.copyOf(of(second), 30), new byte[7]));
        assertWrong("has a wrong byte at offset 130 of 137 (7 zeros from there)");
        find("f", join(of(first), of(second), new byte[1]));
        assertWrong("has size 201, expected one of [100, 200]");
    }

    @Test
    void shouldFollowTruncations() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 100);
        truncate(file, 40);
        Step second = write(file, 80, 20);
        close(file);
        byte[] right = join(Arrays.copyOf(of(first), 40), new byte[40], of(second));
        find("f", right);
        assertRight();
        find("f", join(Arrays.copyOf(of(first), 80), of(second)));
        assertWrong("has a wrong byte at offset 40");
    }

    @Test
    void shouldDoubtWhatWasOpenWhenTheMountWentAway() throws IOException {
        Step file = done(Kind.CREATE, "f", "");
        Step first = write(file, 0, 100);
        state.loseHandles();
        find("f", new byte[0]);
        assertRightLive();
        find("f", of(first));
        assertRightLive();
        assertTrue(state.entries().get("f").isDoubtful());
    }

    // Names.

    @Test
    void shouldFindExactlyOneNameOfARenameThatWasNotAnswered() throws IOException {
        Step file = done(Kind.CREATE, "a", "");
        Step first = write(file, 0, 100);
        close(file);
        Step other = done(Kind.CREATE, "b", "");
        Step second = write(other, 0, 70);
        close(other);
        state.begin(step(Kind.RENAME, "a", "b", 0, 0, 0));
        find("a", of(first));
        find("b", of(second));
        assertRight();
        find("a", ABSENT);
        find("b", of(first));
        assertRight();
        find("a", of(first));
        assertWrong("neither before nor after RENAME");
        find("a", ABSENT);
        find("b", of(second));
        assertWrong("neither before nor after RENAME");
        find("b", ABSENT);
        assertWrong("neither before nor after RENAME");
    }

    @Test
    void shouldHoldToNamesThatWereAnswered() throws IOException {
        done(Kind.CREATE, "a", "");
        done(Kind.MKDIR, "d", "");
        done(Kind.RENAME, "a", "d/b");
        done(Kind.LINK, "d/b", "c");
        done(Kind.UNLINK, "d/b", "");
        find("d", new byte[0]);
        find("c", new byte[0]);
        assertRight();
        find("d/b", new byte[0]);
        assertWrong("d/b must not be there");
        find("d/b", ABSENT);
        find("d", ABSENT);
        assertWrong("d is no directory");
    }

    @Test
    void shouldLeaveNamesAsTheyWereAfterARefusal() throws IOException {
        done(Kind.CREATE, "a", "");
        Step step = step(Kind.UNLINK, "a", "", 0, 0, 0);
        state.begin(step);
        state.end(step, Outcome.refused("ENOSPC"));
        find("a", new byte[0]);
        assertRight();
        find("a", ABSENT);
        assertWrong("a is not there");
    }

    @Test
    void shouldForgetDoubtsThatWereCleaned() throws IOException {
        done(Kind.CREATE, "a", "");
        unknown(Kind.RENAME, "a", "b");
        assertEquals(Set.of("a", "b"), state.doubtful());
        done(Kind.CLEAN, "a", "");
        done(Kind.CLEAN, "b", "");
        assertEquals(Set.of(), state.doubtful());
        assertRight();
        find("b", new byte[0]);
        assertWrong("b must not be there");
    }

    @Test
    void shouldSayWhatCannotBeRead() throws IOException {
        done(Kind.CREATE, "unreadable", "");
        find("unreadable", new byte[0]);
        Problem problem = state.check(tree, false).getFirst();
        assertTrue(problem.error().error().startsWith("EIO"), problem.toString());
    }

    // Values.

    @Test
    void shouldFindTheLastValueThatWasAcknowledgedOrALaterOne() throws IOException {
        Step old = value(Kind.PUT, "k", "", Outcome.done(0));
        Step last = value(Kind.CAS, "k", "", Outcome.done(0));
        find("k", of(last));
        assertRight();
        find("k", of(old));
        assertWrong("k holds [10 bytes");
        Step late = value(Kind.REWRITE, "k", "", null);
        assertWrong("k holds [10 bytes");
        find("k", of(late));
        assertRight();
        find("k", new byte[0]);
        assertWrong("k holds [0 bytes");
        find("k", ABSENT);
        assertWrong("k holds [nothing");
    }

    @Test
    void shouldFindAFirstRewriteEmptyAtMost() throws IOException {
        value(Kind.REWRITE, "t", "", null);
        assertRight();
        find("t", new byte[0]);
        assertRight();
        find("t", new byte[5]);
        assertWrong("t holds [5 bytes");
    }

    @Test
    void shouldFindBothValuesOfATransactionOrNone() throws IOException {
        Step first = value(Kind.TXN, "p", "q", Outcome.done(0));
        Step second = value(Kind.TXN, "p", "q", Outcome.unknown("TIMEOUT"));
        find("p", of(first));
        find("q", of(first));
        assertRight();
        find("p", of(second));
        assertWrong("p holds");
        find("q", of(second));
        assertRight();
    }

    @Test
    void shouldKnowThatAKeyWasDeleted() throws IOException {
        Step put = value(Kind.PUT, "k", "", Outcome.done(0));
        value(Kind.DELETE, "k", "", Outcome.done(0));
        assertRight();
        find("k", of(put));
        assertWrong("k holds [10 bytes");
    }
}
