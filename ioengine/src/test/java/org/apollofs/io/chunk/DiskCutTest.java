package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power cut of {@link PowerCutTest} on a real file system, with the real devices' code: a process writes to a target on
 * an XFS, which is shut down under it, so that what was not synced is gone. More rounds: {@code -Dapollo.cuts=N}.
 */
@Timeout(900)
class DiskCutTest {
    private static final int ROUNDS_TO_CATCH = 30;

    @TempDir
    Path folder;

    private LoopDisk disk;

    @BeforeEach
    void make() throws IOException, InterruptedException {
        disk = LoopDisk.tryMake(folder);
        assumeTrue(disk != null, "an XFS on a loop device wants root and xfsprogs");
    }

    @AfterEach
    void close() throws IOException {
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void shouldKeepWhatWasAcknowledgedBeforeTheDiskWasCut() throws IOException, InterruptedException {
        int rounds = Integer.getInteger("apollo.cuts", 20);
        long seed = Long.getLong("apollo.seed", 1);
        Random random = new Random(seed);
        // Written once, as production does it, and reserved only, where the file system's own log takes part.
        for (DataFile.Mode mode : new DataFile.Mode[] {DataFile.Mode.ZEROED, DataFile.Mode.ALLOCATED}) {
            CrashHistory history = new CrashHistory(disk.path().resolve(mode.name()));
            history.format(mode);
            for (int round = 0; round < (rounds + 1) / 2; round++) {
                try {
                    cut(history, 1 + random.nextInt(500), null);
                } catch (AssertionError e) {
                    throw new AssertionError("seed=" + seed + ", round=" + round + ": " + e.getMessage(), e);
                }
            }
        }
    }

    @Test
    void shouldCatchAStoreThatDoesNotSyncItsJournal() throws IOException, InterruptedException {
        assertTrue(isCaught(CheatingDevice.Cheat.NO_JOURNAL_SYNC));
    }

    @Test
    void shouldCatchAStoreThatDoesNotSyncItsData() throws IOException, InterruptedException {
        assertTrue(isCaught(CheatingDevice.Cheat.NO_DATA_SYNC));
    }

    private boolean isCaught(CheatingDevice.Cheat cheat) throws IOException, InterruptedException {
        for (int round = 0; round < ROUNDS_TO_CATCH; round++) {
            Path target = disk.path().resolve("wrong-" + round);
            CrashHistory history = new CrashHistory(target);
            // Fresh blocks: that their content is theirs is itself something to be synced.
            history.format(DataFile.Mode.ALLOCATED);
            history.run(40, cheat, process -> disk.cut());
            disk.restart();
            try {
                history.check();
            } catch (AssertionError | TargetRefusedException caught) {
                return true;
            }
            for (String file : target.toFile().list()) {
                Files.delete(target.resolve(file));
            }
        }
        return false;
    }

    private void cut(CrashHistory history, int lines, CheatingDevice.Cheat cheat)
            throws IOException, InterruptedException {
        history.run(lines, cheat, process -> disk.cut());
        disk.restart();
        history.check();
    }
}
