package org.apollofs.perf.durability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one worker's folder may hold, from its steps so far: the model that a live worker and the verifier share. One thread.
 *
 * <p>A step on names is a <i>doubt</i> between the folder without it and with it, from its begin to its answer; without a clear
 * answer it stays one. Exactly one side of a doubt must be found: a rename leaves the old name or the new one. Names in doubt
 * are not used again, until CLEAN has removed them.
 */
final class WorkerState {
    /** Two states of a few names; null for nothing there. */
    private record Doubt(Step step, Map<String, Entry> without, Map<String, Entry> with) {}

    private final Map<String, Entry> entries = new TreeMap<>();
    private final Map<Long, Doubt> doubts = new LinkedHashMap<>();
    /** Files by the handle that is open on them. */
    private final Map<Long, DataFile> open = new HashMap<>();
    /** Second name of a value that has two. */
    private final Map<Value, String> seconds = new HashMap<>();

    /** A step is about to be asked for. */
    void begin(Step step) {
        switch (step.kind()) {
            case CREATE -> doubt(step, null, new DataFile());
            case MKDIR -> doubt(step, null, new Entry.Directory());
            case UNLINK, RMDIR -> doubt(step, entries.get(step.name()), null);
            case LINK -> doubt(step, Map.of(), step.other(), entries.get(step.name()));
            case RENAME -> beginRename(step);
            case WRITE, TRUNCATE -> open.get(step.handle()).begin(step);
            case PUT, CAS, DELETE, REWRITE, TXN -> value(step).begin(step);
            case OPEN, FSYNC, CLOSE, READ, GET, CLEAN -> {
                // Nothing is in doubt while they are under way that was not before.
            }
        }
    }

    private void doubt(Step step, Entry without, Entry with) {
        Map<String, Entry> before = new HashMap<>();
        before.put(step.name(), without);
        entries.remove(step.name());
        Map<String, Entry> after = new HashMap<>();
        after.put(step.name(), with);
        doubts.put(step.id(), new Doubt(step, before, after));
    }

    private void doubt(Step step, Map<String, Entry> nothing, String name, Entry with) {
        Map<String, Entry> before = new HashMap<>(nothing);
        before.put(name, null);
        Map<String, Entry> after = new HashMap<>();
        after.put(name, with);
        doubts.put(step.id(), new Doubt(step, before, after));
    }

    private void beginRename(Step step) {
        Entry moved = entries.remove(step.name());
        Entry replaced = entries.remove(step.other());
        Map<String, Entry> before = new HashMap<>();
        before.put(step.name(), moved);
        before.put(step.other(), replaced);
        Map<String, Entry> after = new HashMap<>();
        after.put(step.name(), null);
        after.put(step.other(), moved);
        doubts.put(step.id(), new Doubt(step, before, after));
    }

    /** The value of a step, made if it is new. */
    private Value value(Step step) {
        Value value = (Value) entries.computeIfAbsent(step.name(), name -> new Value());
        if (step.kind() == Step.Kind.TXN) {
            entries.putIfAbsent(step.other(), value);
            seconds.put(value, step.other());
        }
        return value;
    }

    /** A step has been answered. */
    void end(Step step, Outcome outcome) {
        switch (step.kind()) {
            case CREATE -> {
                Entry file = doubts.get(step.id()).with().get(step.name());
                resolve(step, outcome);
                if (outcome.isDone()) {
                    open.put(step.id(), (DataFile) file);
                }
            }
            case OPEN -> {
                if (outcome.isDone()) {
                    open.put(step.id(), (DataFile) entries.get(step.name()));
                }
            }
            case MKDIR, UNLINK, RMDIR, LINK, RENAME -> resolve(step, outcome);
            case WRITE, TRUNCATE -> open.get(step.handle()).end(step, outcome);
            case FSYNC -> open.get(step.handle()).settle(step.handle(), outcome.isDone());
            case CLOSE -> open.remove(step.handle()).settle(step.handle(), outcome.isDone());
            case PUT, CAS, DELETE, REWRITE, TXN -> value(step).end(step, outcome);
            case CLEAN -> {
                if (outcome.isDone()) {
                    clean(step.name());
                }
            }
            case READ, GET -> {
                // Questions promise nothing.
            }
        }
    }

    private void resolve(Step step, Outcome outcome) {
        if (outcome.status() == Outcome.Status.UNKNOWN) {
            return;
        }
        Doubt doubt = doubts.remove(step.id());
        (outcome.isDone() ? doubt.with() : doubt.without()).forEach((name, entry) -> {
            if (entry != null) {
                entries.put(name, entry);
            }
        });
    }

    private void clean(String name) {
        for (Doubt doubt : List.copyOf(doubts.values())) {
            doubt.without().remove(name);
            doubt.with().remove(name);
            if (doubt.with().isEmpty()) {
                doubts.remove(doubt.step().id());
            }
        }
        entries.remove(name);
    }

    /** Whether a value stands under two names, which only a transaction may change. */
    boolean isPair(Entry entry) {
        return entry instanceof Value value && seconds.containsKey(value);
    }

    /** The mount has gone away, with all that was open in it. */
    void loseHandles() {
        open.clear();
        entries.values().forEach(Entry::loseHandles);
        for (Doubt doubt : doubts.values()) {
            loseHandles(doubt.without());
            loseHandles(doubt.with());
        }
    }

    private static void loseHandles(Map<String, Entry> side) {
        side.values().stream().filter(entry -> entry != null).forEach(Entry::loseHandles);
    }

    /** What is certainly there, and values that may be absent, by name. */
    Map<String, Entry> entries() {
        return entries;
    }

    /** Names that may be there or not. */
    Set<String> doubtful() {
        Set<String> names = new HashSet<>();
        for (Doubt doubt : doubts.values()) {
            names.addAll(doubt.without().keySet());
            names.addAll(doubt.with().keySet());
        }
        return names;
    }

    /**
     * Compares the whole folder.
     *
     * @param isLive as in {@link Entry#problem}.
     * @return what is missing, wrong, cannot be read, or must not be there.
     * @throws IOException if the names could not be read.
     */
    List<Problem> check(Tree tree, boolean isLive) throws IOException {
        List<Problem> problems = new ArrayList<>();
        Set<String> found = new HashSet<>(tree.names());
        for (Map.Entry<String, Entry> named : entries.entrySet()) {
            String name = named.getKey();
            try {
                String wrong = problem(tree, found, name, named.getValue(), isLive);
                if (wrong != null) {
                    problems.add(Problem.of(name + " " + wrong));
                }
            } catch (IOException e) {
                problems.add(Problem.unreadable(name, e));
            }
        }
        for (Doubt doubt : doubts.values()) {
            try {
                String without = problem(tree, found, doubt.without(), isLive);
                String with = without == null ? null : problem(tree, found, doubt.with(), isLive);
                if (with != null) {
                    problems.add(Problem.of(
                            "neither before nor after " + doubt.step().kind() + " (step "
                                    + doubt.step().id() + "): before: " + without + "; after: " + with));
                }
            } catch (IOException e) {
                problems.add(Problem.unreadable(doubt.with().keySet().toString(), e));
            }
        }
        found.removeAll(entries.keySet());
        found.removeAll(doubtful());
        found.forEach(name -> problems.add(Problem.of(name + " must not be there")));
        return problems;
    }

    private String problem(Tree tree, Set<String> found, Map<String, Entry> side, boolean isLive) throws IOException {
        for (Map.Entry<String, Entry> named : side.entrySet()) {
            String problem = named.getValue() == null
                    ? found.contains(named.getKey()) ? "is there" : null
                    : problem(tree, found, named.getKey(), named.getValue(), isLive);
            if (problem != null) {
                return named.getKey() + " " + problem;
            }
        }
        return null;
    }

    private String problem(Tree tree, Set<String> found, String name, Entry entry, boolean isLive) throws IOException {
        if (entry instanceof Entry.Directory) {
            return found.contains(name) && tree.isDirectory(name) ? null : "is no directory";
        }
        if (entry instanceof Value value && seconds.containsKey(value)) {
            String second = seconds.get(value);
            String first = firstName(value, second);
            return value.problem(
                    List.of(new Value.Found(read(tree, found, first)), new Value.Found(read(tree, found, second))));
        }
        return entry.problem(read(tree, found, name), isLive);
    }

    private String firstName(Value value, String second) {
        return entries.entrySet().stream()
                .filter(named -> named.getValue() == value && !named.getKey().equals(second))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(second);
    }

    private static byte[] read(Tree tree, Set<String> found, String name) throws IOException {
        return found.contains(name) ? tree.read(name) : null;
    }
}
