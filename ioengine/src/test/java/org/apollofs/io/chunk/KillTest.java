package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process that writes, killed with -9 in the middle of it. More rounds: {@code -Dapollo.kills=N}. */
@Timeout(900)
class KillTest {
    @TempDir
    Path folder;

    @Test
    void shouldKeepWhatWasAcknowledgedBeforeKill() throws IOException, InterruptedException {
        CrashHistory history = new CrashHistory(folder.resolve("0"));
        history.format(DataFile.Mode.ALLOCATED);
        int rounds = Integer.getInteger("apollo.kills", 50);
        long seed = Long.getLong("apollo.seed", 1);
        Random random = new Random(seed);
        for (int round = 0; round < rounds; round++) {
            try {
                // Not through the process, which would close the pipe with what is still in it.
                history.run(
                        1 + random.nextInt(500),
                        null,
                        process -> process.toHandle().destroyForcibly());
                history.check();
            } catch (AssertionError e) {
                throw new AssertionError("seed=" + seed + ", round=" + round + ": " + e.getMessage(), e);
            }
        }
    }
}
