package org.apollofs.dataplane.client;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Random programs on a site of which this and that fails, from one seed: writes, syncs, closes, truncations, restarts, and
 * after each what was told against what is there ({@link ToldFile}). One thread, so that a seed gives one run.
 */
final class HonestWorkload {
    private static final int FILES = 3;
    private static final int MAX_HANDLES = 3;

    private final OneThreadSite site;
    private final Random random;
    private final ToldFile[] files = new ToldFile[FILES];
    private final CRC32C trace = new CRC32C();
    private final StringBuilder last = new StringBuilder();
    private int steps;

    HonestWorkload(OneThreadSite site, long seed) {
        this.site = site;
        this.random = new Random(seed);
        for (int i = 0; i < FILES; i++) {
            files[i] = new ToldFile(site, "file" + i);
        }
    }

    /** Runs. @throws AssertionError with the last calls, when something was told that is not so. */
    void run(int count) {
        try {
            for (steps = 0; steps < count; steps++) {
                step();
            }
            site.heal();
            restart(false);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("step=" + steps + ": " + last + ": " + e.getMessage(), e);
        }
    }

    /** What was done and when, in one number. */
    long trace() {
        return trace.getValue();
    }

    int errors() {
        int errors = 0;
        for (ToldFile file : files) {
            errors += file.errors;
        }
        return errors;
    }

    int losses() {
        int losses = 0;
        for (ToldFile file : files) {
            losses += file.losses;
        }
        return losses;
    }

    private void step() {
        int choice = random.nextInt(100);
        ToldFile file = files[random.nextInt(FILES)];
        if (choice < 4) {
            note("restart");
            restart(random.nextBoolean());
        } else if (choice < 20) {
            note("fault");
            fail();
        } else if (choice < 28) {
            note("heal");
            site.heal();
        } else if (choice < 34) {
            note("time");
            site.run(1 + random.nextInt(400) * 1_000_000L);
        } else if (file.handles.isEmpty() || (choice < 42 && file.handles.size() < MAX_HANDLES)) {
            boolean truncate = random.nextInt(3) == 0;
            note("open " + file + truncate);
            file.open(truncate);
        } else {
            call(file, file.handles.get(random.nextInt(file.handles.size())), random.nextInt(100));
        }
    }

    private void call(ToldFile file, ToldFile.Handle handle, int choice) {
        if (choice < 65) {
            write(file, handle);
        } else if (choice < 82) {
            note("fsync" + file + file.handles.indexOf(handle));
            note("fsync " + file.fsync(handle));
        } else if (choice < 92) {
            note("close" + file + file.handles.indexOf(handle));
            note("close " + file.close(handle));
        } else if (choice < 96) {
            note("publish" + file);
            file.publish();
        } else {
            int size = ToldFile.CELL * random.nextInt(ToldFile.MAX_SIZE / ToldFile.CELL);
            note("truncate " + size);
            file.truncate(handle, size);
        }
    }

    private void write(ToldFile file, ToldFile.Handle handle) {
        ToldFile.Shape shape = pick(ToldFile.Shape.values());
        int most = shape == ToldFile.Shape.SLAB ? OneThreadSite.CHUNK : 200_000;
        int length = random.nextInt(3) == 0 ? 1 + random.nextInt(3000) : 1 + random.nextInt(most);
        int room = ToldFile.MAX_SIZE - length;
        int offset = random.nextInt(3) == 0 ? file.size() : random.nextInt(Math.max(1, file.size()));
        offset = Math.min(room, offset);
        note("write " + file + file.handles.indexOf(handle) + shape + " " + offset + "+" + length);
        file.write(handle, offset, length, shape);
    }

    private void restart(boolean isCrash) {
        if (isCrash) {
            site.crash();
        } else {
            site.restart();
        }
        for (ToldFile file : files) {
            file.onRestart(isCrash ? "after a crash" : "after a restart");
        }
    }

    /** At most two targets are bad at a time, so that what is there can be read. */
    private void fail() {
        int bad = random.nextInt(site.targets.length);
        int chance = 1 + random.nextInt(100);
        switch (random.nextInt(9)) {
            case 0 -> site.network.disconnect(bad);
            case 1 -> {
                site.network.isolate((bad + 1) % site.targets.length, false);
                site.network.isolate(bad, true);
            }
            case 2 -> site.targets[bad].plan.writeErrorRate(chance / 100.0);
            case 3 -> site.targets[bad].failsJournal = true;
            case 4 -> site.targets[bad].plan.syncErrorRate(chance / 100.0);
            case 5 -> site.host.commits.outcome = pick(FaultyNamespace.Outcome.values());
            case 6 -> site.host.lanes.plan = plan(FaultyLanes.Outcome.NO_SPACE, chance);
            default -> site.host.lanes.plan = plan(pick(FaultyLanes.Outcome.values()), chance);
        }
    }

    private <T> T pick(T[] from) {
        return from[random.nextInt(from.length)];
    }

    private FaultyLanes.Plan plan(FaultyLanes.Outcome outcome, int chance) {
        return (target, stripe, index) -> random.nextInt(100) < chance ? outcome : FaultyLanes.Outcome.WRITTEN;
    }

    private void note(String what) {
        trace.update((what + site.clock.nanoTime()).getBytes(StandardCharsets.UTF_8));
        last.append(", ").append(what);
        if (last.length() > 600) {
            last.delete(0, last.length() - 600);
        }
    }
}
