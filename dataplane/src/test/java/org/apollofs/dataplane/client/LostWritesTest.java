package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stripe is failed at each step of its way, in each way; what write, fsync and close said is compared with what is read
 * back, at once and by another client after it.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LostWritesTest {
    private static final int BASE = 400_000;
    private static final int PIECE = 50_000;

    @TempDir
    Path directory;

    /** One for all cases, which leave it well and empty. */
    private OneThreadSite site;

    @BeforeEach
    void open() {
        site = new OneThreadSite(directory, "4+2", 64, 1);
    }

    @AfterEach
    void close() {
        site.close();
    }

    /** At which step, and how. */
    @SuppressWarnings("ImmutableEnumChecker")
    enum Failure {
        LANE_LOST_BEFORE_WRITE(site -> site.host.lanes.plan = (target, stripe, index) -> FaultyLanes.Outcome.NOT_SENT),
        TARGET_GONE(site -> site.network.isolate(2, true)),
        WRITE_WITHOUT_SPACE(site -> {
            for (DiskTarget target : site.targets) {
                target.plan.full(true);
            }
        }),
        WRITE_FAILED(site -> site.targets[3].plan.writeErrorRate(1)),
        DATA_SYNC_FAILED(site -> site.targets[1].plan.syncErrorRate(1)),
        JOURNAL_FAILED(site -> site.targets[4].failsJournal = true),
        PARITY_WITHOUT_SPACE(site -> site.host.lanes.plan =
                (target, stripe, index) -> index < 4 ? FaultyLanes.Outcome.WRITTEN : FaultyLanes.Outcome.NO_SPACE),
        PARITY_FAILED(site -> site.host.lanes.plan =
                (target, stripe, index) -> index < 4 ? FaultyLanes.Outcome.WRITTEN : FaultyLanes.Outcome.IO_ERROR),
        ACKNOWLEDGEMENT_LOST(site -> site.host.lanes.plan =
                (target, stripe, index) -> target == 5 ? FaultyLanes.Outcome.ANSWER_LOST : FaultyLanes.Outcome.WRITTEN),
        COMMIT_WITHOUT_SPACE(site -> site.host.commits.outcome = FaultyNamespace.Outcome.NO_SPACE),
        COMMIT_LOST(site -> site.host.commits.outcome = FaultyNamespace.Outcome.LOST),
        COMMIT_ANSWER_LOST(site -> site.host.commits.outcome = FaultyNamespace.Outcome.ANSWER_LOST),
        COMMIT_LATE(site -> site.host.commits.outcome = FaultyNamespace.Outcome.LATE);

        private final Consumer<OneThreadSite> bring;

        Failure(Consumer<OneThreadSite> bring) {
            this.bring = bring;
        }

        boolean isOfCommit() {
            return name().startsWith("COMMIT");
        }
    }

    /** What is written, over what. */
    enum Base {
        NEW_FILE,
        IN_PLACE,
        TRUNCATED
    }

    @TestFactory
    Stream<DynamicTest> shouldTellAndKeepTheOldBytes() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Failure failure : Failure.values()) {
            for (Base base : Base.values()) {
                for (ToldFile.Shape shape : ToldFile.Shape.values()) {
                    String name = failure + ", " + base + ", " + shape;
                    tests.add(DynamicTest.dynamicTest(name, () -> healing(() -> run(name, failure, base, shape))));
                }
            }
        }
        return tests.stream();
    }

    private void run(String name, Failure failure, Base base, ToldFile.Shape shape) {
        ToldFile file = new ToldFile(site, name);
        ToldFile beside = new ToldFile(site, "beside " + name);
        ToldFile.Handle other = beside.open(false);
        write(beside, other, 0, 200_000, shape);
        if (base != Base.NEW_FILE) {
            ToldFile.Handle first = file.open(false);
            write(file, first, 0, BASE, shape);
            assertTrue(file.close(first));
        }
        ToldFile.Handle writer = file.open(base == Base.TRUNCATED);
        ToldFile.Handle second = file.open(false);
        write(file, writer, 0, 70_000, shape);
        failure.bring.accept(site);
        write(file, writer, 70_000, 270_000, shape);
        write(beside, other, 100_000, 150_000, shape);
        assertFalse(file.fsync(writer), "fsync said OK");
        // These need not fail: a short stripe may have no chunk on a bad target. What they say is compared.
        beside.fsync(other);
        file.fsync(second);
        site.heal();
        write(file, writer, 35_000, 120_000, shape);
        file.fsync(writer);
        file.fsync(second);
        // Whatever it was, it has been told.
        assertTrue(file.fsync(writer), "fsync after all is well");
        assertTrue(file.fsync(second), "fsync of another handle after all is well");
        assertTrue(file.close(writer));
        assertTrue(file.close(second));
        beside.close(other);
        site.crash();
        file.onRestart("after a crash");
        beside.onRestart("after a crash");
        site.collectGarbage();
        file.onRestart("after the garbage is gone");
        beside.onRestart("after the garbage is gone");
        site.delete(name);
        site.delete("beside " + name);
    }

    /** A large write in pieces, as programs write. */
    private static void write(ToldFile file, ToldFile.Handle handle, int offset, int length, ToldFile.Shape shape) {
        int piece = shape == ToldFile.Shape.SLAB ? OneThreadSite.CHUNK : PIECE;
        for (int at = 0; at < length; at += piece) {
            file.write(handle, offset + at, Math.min(piece, length - at), shape);
        }
    }

    @TestFactory
    Stream<DynamicTest> shouldKeepTheOldContentOfAFileThatWasToBeReplaced() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Failure failure : Failure.values()) {
            for (boolean syncs : new boolean[] {false, true}) {
                String name = failure + (syncs ? ", fsync and close" : ", close");
                tests.add(DynamicTest.dynamicTest(name, () -> healing(() -> runReplacement(name, failure, syncs))));
            }
        }
        return tests.stream();
    }

    private void runReplacement(String name, Failure failure, boolean syncs) {
        long inode = site.create(name);
        byte[] old = filled(1);
        OpenFile first = site.host.open(inode, false);
        OneThreadHost.write(first, 0, old, 0, BASE);
        first.flush();
        first.release();
        OpenFile writer = site.host.open(inode, true);
        byte[] next = filled(2);
        failure.bring.accept(site);
        boolean isTaken = succeeds(() -> {
            for (int at = 0; at < BASE; at += PIECE) {
                OneThreadHost.write(writer, at, next, at, PIECE);
            }
        });
        boolean isSynced = syncs && succeeds(writer::fsync);
        boolean isClosed = succeeds(writer::flush);
        assertFalse(isTaken && (syncs ? isSynced : isClosed), "all was said to be well");
        succeeds(writer::release);
        site.heal();
        byte[] now = site.host.read(inode);
        if (isTaken) {
            boolean mayBeNew = failure == Failure.COMMIT_ANSWER_LOST || failure == Failure.COMMIT_LATE;
            assertTrue(Arrays.equals(now, old) || (mayBeNew && Arrays.equals(now, next)), "neither old nor new");
        }
        site.crash();
        site.collectGarbage();
        assertEquals(-1, Arrays.mismatch(now, site.host.read(inode)), "another content after a crash");
        site.delete(name);
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[BASE];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private void healing(Runnable test) {
        try {
            test.run();
        } finally {
            site.heal();
        }
    }

    private static boolean succeeds(Runnable call) {
        try {
            call.run();
            return true;
        } catch (DataException e) {
            return false;
        }
    }
}
