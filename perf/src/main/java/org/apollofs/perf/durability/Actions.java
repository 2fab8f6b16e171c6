package org.apollofs.perf.durability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.function.Predicate;

/**
 * What a worker does next: by chance, from a seed. Actions of programs that keep their state in files: files written in pieces with
 * fsyncs between, bytes changed in place, trackers rewritten, renames over what is there, keys.
 */
final class Actions {
    private static final int MAX_FILES = 12;
    private static final int MAX_LAYERS = 60;
    private static final int MAX_CALLS = 8;
    private static final long MAX_FILE = 3L << 20;
    private static final int SMALL = 5_000;
    private static final int INLINE = 80_000;
    private static final int MAX_VALUE = 60_000;
    private static final int VALUES = 4;

    /** An action, and how often it comes. */
    private record Weighted(int weight, Action action) {}

    /** What is done. */
    private interface Action {
        void run() throws IOException, InterruptedException, Worker.MountGone;
    }

    private final Worker worker;
    private final Random random;
    private final List<Weighted> actions = new ArrayList<>();
    private int weights;
    private long names;

    Actions(Worker worker, long seed) {
        this.worker = worker;
        random = new Random(seed);
        if (worker.hasMount()) {
            add(24, this::writeNewFile);
            add(22, this::changeFile);
            add(10, this::rewriteTracker);
            add(8, this::rename);
            add(4, this::link);
            add(8, this::unlink);
            add(3, this::makeDirectory);
            add(2, this::removeDirectory);
        }
        if (worker.hasKeys()) {
            add(8, this::put);
            add(4, this::compareAndSet);
            add(4, this::transact);
            add(2, this::delete);
        }
        add(12, this::read);
    }

    private void add(int weight, Action action) {
        actions.add(new Weighted(weight, action));
        weights += weight;
    }

    /** Does the next. */
    void next() throws IOException, InterruptedException, Worker.MountGone {
        int left = random.nextInt(weights);
        for (Weighted weighted : actions) {
            left -= weighted.weight();
            if (left < 0) {
                weighted.action().run();
                return;
            }
        }
    }

    private Outcome ask(Step.Kind kind, String name, String other)
            throws IOException, InterruptedException, Worker.MountGone {
        return worker.ask(worker.load().step(worker.index(), kind, name, other, 0, 0, 0));
    }

    private Outcome ask(Step.Kind kind, String name, long handle, long offset, long length)
            throws IOException, InterruptedException, Worker.MountGone {
        return worker.ask(worker.load().step(worker.index(), kind, name, "", handle, offset, length));
    }

    private String newName(String kind) {
        List<String> directories = names(entry -> entry instanceof Entry.Directory);
        String name = kind + names++;
        return directories.isEmpty() || random.nextInt(4) > 0 || kind.equals("d")
                ? name
                : directories.get(random.nextInt(directories.size())) + "/" + name;
    }

    private List<String> names(Predicate<Entry> which) {
        return worker.state().entries().entrySet().stream()
                .filter(named -> which.test(named.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** One of the files that no failed step has made unclear, or null. */
    private String anyFile() {
        List<String> files = names(entry -> entry instanceof DataFile && !entry.isDoubtful());
        return files.isEmpty() ? null : files.get(random.nextInt(files.size()));
    }

    private void writeNewFile() throws IOException, InterruptedException, Worker.MountGone {
        if (names(entry -> entry instanceof DataFile).size() >= MAX_FILES) {
            unlink();
            return;
        }
        String name = newName("f");
        Step create = worker.load().step(worker.index(), Step.Kind.CREATE, name);
        if (worker.ask(create).isDone()) {
            writeAndClose(name, create.id(), false);
        }
    }

    private void changeFile() throws IOException, InterruptedException, Worker.MountGone {
        String name = anyFile();
        if (name == null || file(name).layerCount() > MAX_LAYERS) {
            unlink();
            return;
        }
        boolean appends = random.nextInt(4) == 0;
        Step open = worker.load().step(worker.index(), Step.Kind.OPEN, name, appends ? MountCalls.APPEND : "", 0, 0, 0);
        if (worker.ask(open).isDone()) {
            writeAndClose(name, open.id(), appends);
        }
    }

    private DataFile file(String name) {
        return (DataFile) worker.state().entries().get(name);
    }

    private void writeAndClose(String name, long handle, boolean appends)
            throws IOException, InterruptedException, Worker.MountGone {
        int calls = 1 + random.nextInt(MAX_CALLS);
        for (int i = 0; i < calls; i++) {
            SortedSet<Long> sizes = file(name).sizes(true);
            int choice = random.nextInt(10);
            if (choice == 0 && sizes.getFirst() > 0) {
                ask(Step.Kind.TRUNCATE, name, handle, 0, random.nextLong(sizes.getFirst()));
            } else if (choice < 3) {
                ask(Step.Kind.FSYNC, name, handle, 0, 0);
            } else if (!appends || sizes.size() == 1) {
                write(name, handle, appends, sizes);
            }
        }
        ask(Step.Kind.CLOSE, name, handle, 0, 0);
    }

    /** One write, and what it did not take again, as programs do. */
    private void write(String name, long handle, boolean appends, SortedSet<Long> sizes)
            throws IOException, InterruptedException, Worker.MountGone {
        long size = sizes.getLast();
        long offset = appends || random.nextInt(3) == 0 ? size : random.nextLong(size + 1);
        long length = length();
        if (offset + length > MAX_FILE) {
            offset = appends ? size : random.nextLong(size + 1);
            length = Math.min(length, Math.max(1, MAX_FILE - offset));
        }
        while (length > 0) {
            Outcome outcome = ask(Step.Kind.WRITE, name, handle, offset, length);
            if (!outcome.isDone() || outcome.count() == 0) {
                return;
            }
            offset += outcome.count();
            length -= outcome.count();
        }
    }

    private long length() {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(SMALL);
            case 1 -> 1 + random.nextInt(INLINE);
            case 2 -> 1 + random.nextInt(MountCalls.MAX_WRITE);
            default -> MountCalls.MAX_WRITE;
        };
    }

    private void rewriteTracker() throws IOException, InterruptedException, Worker.MountGone {
        String name = value("t", random.nextInt(VALUES));
        ask(Step.Kind.REWRITE, name, 0, 0, 1 + random.nextInt(200));
    }

    /** A name of this kind whose value is clear: a new one in place of one that is not. */
    private String value(String kind, int number) {
        int generation = 0;
        String name = kind + number;
        while (isUnclear(name)) {
            generation++;
            name = kind + number + "." + generation;
        }
        return name;
    }

    private boolean isUnclear(String name) {
        Entry entry = worker.state().entries().get(name);
        return (entry != null && entry.isDoubtful())
                || worker.state().doubtful().contains(name);
    }

    private void rename() throws IOException, InterruptedException, Worker.MountGone {
        String from = anyFile();
        String over = anyFile();
        if (from == null) {
            return;
        }
        boolean replaces = random.nextBoolean() && file(from) != file(over);
        ask(Step.Kind.RENAME, from, replaces ? over : newName("f"));
    }

    private void link() throws IOException, InterruptedException, Worker.MountGone {
        String name = anyFile();
        if (name != null && names(entry -> entry instanceof DataFile).size() < MAX_FILES) {
            ask(Step.Kind.LINK, name, newName("f"));
        }
    }

    /** Any file; more often one that is left over from a failure, once there are many of these. */
    private void unlink() throws IOException, InterruptedException, Worker.MountGone {
        List<String> unclear = names(entry -> entry instanceof DataFile && entry.isDoubtful());
        String name = unclear.size() > MAX_FILES / 2 ? unclear.getFirst() : anyFile();
        if (name != null) {
            ask(Step.Kind.UNLINK, name, "");
        }
    }

    private void makeDirectory() throws IOException, InterruptedException, Worker.MountGone {
        if (names(entry -> entry instanceof Entry.Directory).size() < 3) {
            ask(Step.Kind.MKDIR, newName("d"), "");
        }
    }

    private void removeDirectory() throws IOException, InterruptedException, Worker.MountGone {
        for (String name : names(entry -> entry instanceof Entry.Directory)) {
            boolean used = worker.state().entries().keySet().stream().anyMatch(other -> other.startsWith(name + "/"))
                    || worker.state().doubtful().stream().anyMatch(other -> other.startsWith(name + "/"));
            if (!used) {
                ask(Step.Kind.RMDIR, name, "");
                return;
            }
        }
    }

    private void put() throws IOException, InterruptedException, Worker.MountGone {
        String name = value("k", random.nextInt(VALUES));
        int length = random.nextInt(4) == 0 ? random.nextInt(MAX_VALUE) : random.nextInt(200);
        ask(Step.Kind.PUT, name, 0, 0, length);
    }

    private String certainKey() {
        List<String> keys = worker.state().entries().entrySet().stream()
                .filter(named -> named.getKey().startsWith("k")
                        && named.getValue() instanceof Value value
                        && !value.isDoubtful()
                        && !value.isAbsent())
                .map(Map.Entry::getKey)
                .toList();
        return keys.isEmpty() ? null : keys.get(random.nextInt(keys.size()));
    }

    private void compareAndSet() throws IOException, InterruptedException, Worker.MountGone {
        String name = certainKey();
        if (name != null) {
            ask(Step.Kind.CAS, name, 0, 0, random.nextInt(200));
        }
    }

    private void delete() throws IOException, InterruptedException, Worker.MountGone {
        String name = certainKey();
        if (name != null) {
            ask(Step.Kind.DELETE, name, "");
        }
    }

    private void transact() throws IOException, InterruptedException, Worker.MountGone {
        String name = value("p", random.nextInt(VALUES));
        worker.ask(worker.load().step(worker.index(), Step.Kind.TXN, name, "q" + name, 0, 0, random.nextInt(200)));
    }

    private void read() throws IOException, InterruptedException, Worker.MountGone {
        List<String> names = names(entry -> !(entry instanceof Entry.Directory));
        if (!names.isEmpty()) {
            String name = names.get(random.nextInt(names.size()));
            worker.read(name, worker.state().entries().get(name));
        }
    }
}
