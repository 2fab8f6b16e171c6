package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.function.UnaryOperator;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Durability by power cut, from many seeds; and that wrong builds do not get through. More seeds: {@code -Dapollo.seeds=N},
 * one seed again: {@code -Dapollo.seed=S}.
 */
@Timeout(600)
class PowerCutTest {
    private static final int SLABS = 32;

    @Test
    void shouldKeepWhatWasAcknowledged() throws IOException {
        long only = Long.getLong("apollo.seed", -1);
        int count = only >= 0 ? 1 : Integer.getInteger("apollo.seeds", 2000);
        long first = only >= 0 ? only : 1;
        int cuts = 0;
        int unsure = 0;
        try (SlabPool pool = SlabPool.allocate(SLABS, 128 << 10)) {
            for (long seed = first; seed < first + count; seed++) {
                CrashRig rig = new CrashRig(seed, pool, UnaryOperator.identity());
                try {
                    rig.run();
                } catch (RuntimeException e) {
                    throw new AssertionError("seed=" + seed, e);
                }
                cuts += rig.cuts;
                unsure += rig.unsure;
            }
        }
        // The rig must cut in the middle of things, or it proves nothing.
        assertTrue(cuts >= count, "cuts=" + cuts);
        assertTrue(unsure >= count, "unanswered at a cut=" + unsure);
    }

    @Test
    void shouldCatchAStoreThatDoesNotSync() {
        assertCaught(device -> new CheatingDevice(device, CheatingDevice.Cheat.NO_DATA_SYNC));
        assertCaught(device -> new CheatingDevice(device, CheatingDevice.Cheat.NO_JOURNAL_SYNC));
    }

    @Test
    void shouldCatchAStoreThatAnswersBeforeItsDataIsWritten() {
        assertCaught(device -> new CheatingDevice(device, CheatingDevice.Cheat.EARLY_WRITES));
    }

    private static void assertCaught(UnaryOperator<BlockDevice> cheat) {
        assertThrows(AssertionError.class, () -> {
            for (long seed = 1; seed <= 100; seed++) {
                // A pool for each seed: a rig that failed has not given its slabs back.
                try (SlabPool pool = SlabPool.allocate(SLABS, 128 << 10)) {
                    new CrashRig(seed, pool, cheat).run();
                }
            }
        });
    }
}
