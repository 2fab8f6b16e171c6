package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apollofs.perf.durability.KeyAccess;
import org.apollofs.perf.durability.Verifier;

/** Holds a site against a journal, at once and, if something is wrong, once more later: what is lost then is lost for good. */
final class Verification {
    private static final long PATIENCE_SECONDS = 60;
    private static final long AGAIN_SECONDS = 5;
    private static final int SHOWN = 20;

    private Verification() {}

    /** @param when is printed. @return how many things were wrong at first. */
    static long run(Path journal, Path mount, KeyAccess keys, String when) throws IOException, InterruptedException {
        Verifier.Verdict first = Verifier.verify(journal, mount, keys);
        System.out.println("verified, " + when + ": " + first.problems().size() + " problems, " + first.acknowledged()
                + " steps acknowledged, " + first.failed() + " not, " + first.names() + " names");
        print("WRONG", first.problems());
        List<String> last = first.problems();
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!last.isEmpty() && System.nanoTime() - endNs < 0) {
            TimeUnit.SECONDS.sleep(AGAIN_SECONDS);
            last = Verifier.verify(journal, mount, keys).problems();
        }
        if (!first.problems().isEmpty()) {
            System.out.println("  of these for good: " + last.size());
            print("LOST", last);
        }
        return first.problems().size();
    }

    private static void print(String word, List<String> problems) {
        problems.stream().limit(SHOWN).forEach(problem -> System.out.println("  " + word + " " + problem));
    }
}
