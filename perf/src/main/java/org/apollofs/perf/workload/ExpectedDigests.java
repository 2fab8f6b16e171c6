package org.apollofs.perf.workload;

import java.io.IOException;
import java.time.Duration;

/** SHA-256 of every file of a layout with one content, from the content itself: never read back. Immutable. */
public final class ExpectedDigests {
    private final byte[][] digests;

    private ExpectedDigests(byte[][] digests) {
        this.digests = digests;
    }

    /** Hashes all files, a thread a rank. Off the clock of any measurement. */
    public static ExpectedDigests of(CheckpointLayout layout, ContentSource content, Duration deadline)
            throws IOException {
        byte[][] digests = new byte[layout.files().size()][];
        RankGroup.run("hash", layout.ranks(), deadline, rank -> {
            for (int file : layout.filesOf(rank.index())) {
                digests[file] = content.sha256(layout, file);
            }
        });
        return new ExpectedDigests(digests);
    }

    byte[] of(int file) {
        return digests[file];
    }
}
