package org.apollofs.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.perf.durability.Outcome;
import org.apollofs.perf.durability.Step;

/**
 * What befalls a {@link Victim}, or the disk below it. Written as {@code pause:12}, {@code kill}.
 *
 * @param kind what.
 * @param seconds how long it lasts; 0 for what is over at once.
 */
record Fault(Kind kind, double seconds) {
    /** What can be done to a process. */
    enum Kind {
        /** SIGSTOP, SIGCONT: a machine that stalls, a process that gets no processor. */
        PAUSE,
        /** The lowest priority, on one core, beside four busy loops. */
        SLOW,
        /** fsfreeze of the disk: writes wait in the kernel. */
        FREEZE,
        /** The disk has no space left. */
        FULL,
        /** The site's targets have no space left. */
        FILL,
        KILL,
        TERM,
        /** What was not synced is gone, in whole pages and in any order; shared memory too. */
        CUT
    }

    /** docs/operations.md, time-outs: a call of the namespace, from a command. */
    private static final double COMMAND_SECONDS = 20;

    private static final Set<Step.Kind> ON_KEYS =
            Set.of(Step.Kind.PUT, Step.Kind.GET, Step.Kind.CAS, Step.Kind.TXN, Step.Kind.DELETE);
    private static final long SPACE_SEEN_MS = 5_000;
    private static final long LEFT_BYTES = 256 << 10;
    /** A write that takes this many bytes more is not full yet. */
    private static final int FILL_BYTES = 1 << 20;

    /** Where it happens. @param disk null if the victim lies on an ordinary one. @param mount null if there is none. */
    record Place(PowerCutFileSystem disk, Path mount) {}

    /** From a list, separated by commas. */
    static List<Fault> parseAll(String text) {
        return Arrays.stream(text.split(",", -1)).map(Fault::parse).toList();
    }

    private static Fault parse(String text) {
        String[] parts = text.strip().split(":", 2);
        return new Fault(
                Kind.valueOf(parts[0].toUpperCase(Locale.ROOT)), parts.length > 1 ? Double.parseDouble(parts[1]) : 0);
    }

    /** Whether fio may be told nothing of it. */
    boolean isOnlySlow() {
        return kind == Kind.PAUSE || kind == Kind.SLOW || kind == Kind.FREEZE;
    }

    /** How long after its end it may still be told of, ms. A site looks now and then whether there is space again. */
    long lingersMs() {
        return kind == Kind.FULL || kind == Kind.FILL ? SPACE_SEEN_MS : 0;
    }

    /** Whether it explains an error, of a step that was under way while it lasted. */
    boolean justifies(Victim victim, Step step, Outcome outcome) {
        String error = outcome.error();
        return switch (kind) {
            case KILL, TERM, CUT -> true;
            case FULL, FILL -> error.startsWith("ENOSPC") || error.startsWith("NO_SPACE");
            case PAUSE, SLOW, FREEZE ->
                // Commands of other processes have a patience of their own.
                victim.isAlone()
                        && seconds >= COMMAND_SECONDS
                        && ON_KEYS.contains(step.kind())
                        && (error.contains("TIMEOUT") || error.contains("UNAVAILABLE"));
        };
    }

    /** Does it, and undoes it: on return the victim serves, or should. */
    void strike(Victim victim, Place place) throws IOException, InterruptedException {
        switch (kind) {
            case PAUSE -> pause(victim);
            case SLOW -> {
                try (SlowCore slow = SlowCore.start()) {
                    for (long pid : victim.pids()) {
                        slow.add(pid);
                    }
                    last();
                    for (long pid : victim.pids()) {
                        slow.remove(pid);
                    }
                }
            }
            case FREEZE -> freeze(place.disk());
            case FULL -> fillDisk(place.disk());
            case FILL -> fillMount(place.mount());
            case KILL -> {
                victim.kill();
                restart(victim);
            }
            case TERM -> {
                victim.terminate();
                restart(victim);
            }
            case CUT -> {
                List<Path> memory = victim.memory();
                place.disk().cut();
                victim.kill();
                for (Path folder : memory) {
                    SiteFolder.deleteTree(folder);
                }
                place.disk().restore();
                restart(victim);
            }
        }
    }

    private static void restart(Victim victim) throws IOException {
        victim.launch();
        victim.awaitReady();
    }

    private void pause(Victim victim) throws IOException, InterruptedException {
        signal("-STOP", victim);
        try {
            last();
        } finally {
            signal("-CONT", victim);
        }
    }

    private static void signal(String signal, Victim victim) throws IOException {
        for (long pid : victim.pids()) {
            Shell.run("kill", signal, Long.toString(pid));
        }
    }

    private void freeze(PowerCutFileSystem disk) throws IOException, InterruptedException {
        Shell.run("fsfreeze", "-f", disk.root().toString());
        try {
            last();
        } finally {
            Shell.run("fsfreeze", "-u", disk.root().toString());
        }
    }

    private void fillDisk(PowerCutFileSystem disk) throws IOException, InterruptedException {
        Path filler = Files.createFile(disk.root().resolve("filler"));
        try {
            long usable = Files.getFileStore(filler).getUsableSpace();
            Shell.run("fallocate", "-l", Long.toString(usable - LEFT_BYTES), filler.toString());
            last();
        } finally {
            Files.delete(filler);
        }
    }

    private void fillMount(Path mount) throws IOException, InterruptedException {
        Path filler = mount.resolve("filler");
        ByteBuffer bytes = ByteBuffer.allocateDirect(FILL_BYTES);
        try (FileChannel file = FileChannel.open(filler, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (true) {
                file.write(bytes.clear());
            }
        } catch (IOException e) {
            if (e.getMessage() == null || !e.getMessage().contains("No space left on device")) {
                throw e;
            }
        }
        try {
            last();
        } finally {
            Files.delete(filler);
        }
    }

    /** The fault is this time. */
    private void last() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.round(seconds * 1000));
    }

    @Override
    public String toString() {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return seconds == 0 ? name : name + ":" + (seconds == Math.rint(seconds) ? (long) seconds : seconds);
    }
}
