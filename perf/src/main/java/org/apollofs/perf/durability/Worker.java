package org.apollofs.perf.durability;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One thread of a load: asks for steps, notes them before and after, and looks through its folder whenever the mount was gone. It
 * goes on through errors, as programs do that try again; what an error left unclear is not touched again, only looked at.
 */
final class Worker {
    private static final long BACK_OFF_MS = 50;
    private static final long LOOK_EVERY_MS = 100;

    /** Ends what is under way: the mount it was under way in is gone. */
    static final class MountGone extends Exception {
        private static final long serialVersionUID = 1;

        MountGone() {
            super(null, null, false, false);
        }
    }

    private final int index;
    private final LoadContext load;
    private final WorkJournal journal;
    private final MountCalls mount;
    private final KeyCalls keys;
    private final WorkerState state = new WorkerState();

    /** @param mount null for a load on keys alone. @param keys null for a load in a mount alone. */
    Worker(int index, LoadContext load, WorkJournal journal, MountCalls mount, KeyCalls keys) {
        this.index = index;
        this.load = load;
        this.journal = journal;
        this.mount = mount;
        this.keys = keys;
    }

    /** Works until it is stopped; then closes what is open. @throws IOException if the journal cannot be written. */
    void run() throws IOException, InterruptedException {
        Actions actions = new Actions(this, load.seed() * 31 + index);
        while (!load.isStopped()) {
            try {
                actions.next();
            } catch (MountGone gone) {
                recover();
            }
        }
    }

    /** Waits for the mount to be back, and looks whether all is there. */
    private void recover() throws IOException, InterruptedException {
        mount.dropHandles();
        while (!mount.isThere()) {
            if (load.pause(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
                break;
            }
        }
        journal.newMount(index);
        state.loseHandles();
        if (load.isStopped()) {
            return;
        }
        try {
            if (lookThrough()) {
                clean();
            }
        } catch (MountGone again) {
            recover();
        }
    }

    /** @return whether everything could be read. */
    private boolean lookThrough() throws IOException, InterruptedException, MountGone {
        List<Problem> problems;
        try {
            problems = state.check(new NotedTree(), false);
            if (!problems.isEmpty()) {
                // A mount that went away meanwhile hides what is there: what is lost is lost at a second look too.
                List<Problem> again = state.check(new NotedTree(), false);
                problems.retainAll(again);
                again.stream().filter(problem -> problem.error() != null).forEach(problems::add);
            }
        } catch (ReadFailed e) {
            afterError(e.outcome);
            return false;
        }
        Outcome failed = null;
        for (Problem problem : problems) {
            if (problem.error() == null) {
                journal.broken(index, problem.what());
            } else {
                failed = problem.error();
            }
        }
        if (failed != null) {
            afterError(failed);
        }
        return failed == null;
    }

    /** The names could not be read. */
    private static final class ReadFailed extends IOException {
        private static final long serialVersionUID = 1;
        private final transient Outcome outcome;

        ReadFailed(Outcome outcome, IOException cause) {
            super(cause.getMessage(), cause);
            this.outcome = outcome;
        }
    }

    /** The worker's folder; each read is a step. */
    private final class NotedTree implements Tree {
        @Override
        public Set<String> names() throws IOException {
            Step step = load.step(index, Step.Kind.READ, ".");
            journal.begin(step);
            try {
                Set<String> names = mount.names();
                journal.end(step, Outcome.done(names.size()));
                return names;
            } catch (IOException e) {
                Outcome outcome = Errors.ofContent(e);
                journal.end(step, outcome);
                throw new ReadFailed(outcome, e);
            }
        }

        @Override
        public boolean isDirectory(String name) throws IOException {
            return mount.isDirectory(name);
        }

        @Override
        public byte[] read(String name) throws IOException {
            Step step = load.step(index, Step.Kind.READ, name);
            journal.begin(step);
            try {
                byte[] content = mount.read(name);
                journal.end(step, Outcome.done(content == null ? 0 : content.length));
                return content;
            } catch (IOException e) {
                journal.end(step, Errors.ofContent(e));
                throw e;
            }
        }
    }

    /** Removes what nobody was told the fate of: nothing is under way any more that could still change it. */
    private void clean() throws IOException, InterruptedException, MountGone {
        for (String name : state.doubtful()) {
            ask(load.step(index, Step.Kind.CLEAN, name));
        }
        for (Map.Entry<String, Entry> named : List.copyOf(state.entries().entrySet())) {
            if (named.getValue().isDoubtful() && !state.isPair(named.getValue())) {
                Step.Kind kind = named.getValue() instanceof DataFile ? Step.Kind.UNLINK : Step.Kind.CLEAN;
                ask(load.step(index, kind, named.getKey()));
            }
        }
    }

    int index() {
        return index;
    }

    LoadContext load() {
        return load;
    }

    WorkerState state() {
        return state;
    }

    boolean hasMount() {
        return mount != null;
    }

    boolean hasKeys() {
        return keys != null;
    }

    /**
     * Asks for a step and notes the answer.
     *
     * @throws MountGone if the mount is gone: nothing that was open in it can be gone on with.
     */
    Outcome ask(Step step) throws IOException, InterruptedException, MountGone {
        // Whose value it is must be asked before the step puts it in doubt.
        Step expected = step.kind() == Step.Kind.CAS ? ((Value) state.entries().get(step.name())).current() : null;
        journal.begin(step);
        state.begin(step);
        Outcome outcome = call(step, expected);
        state.end(step, outcome);
        return answer(step, outcome);
    }

    private Outcome answer(Step step, Outcome outcome) throws IOException, InterruptedException, MountGone {
        journal.end(step, outcome);
        if (outcome.error().startsWith("MISMATCH")) {
            journal.broken(index, step.name() + " is not what it was put to: " + step.kind() + " " + outcome.error());
        } else if (!outcome.isDone()) {
            afterError(outcome);
        }
        return outcome;
    }

    private void afterError(Outcome outcome) throws InterruptedException, MountGone {
        if (mount != null && (outcome.isMountGone() || !mount.isThere())) {
            throw new MountGone();
        }
        load.pause(BACK_OFF_MS, TimeUnit.MILLISECONDS);
    }

    private Outcome call(Step step, Step expected) {
        return switch (step.kind()) {
            case PUT -> keys.put(step);
            case CAS -> keys.compareAndSet(step, expected);
            case TXN -> keys.transact(step);
            case DELETE -> keys.delete(step);
            default -> mount.call(step);
        };
    }

    /** Reads one file or value, through the mount or as a key, and compares. */
    void read(String name, Entry entry) throws IOException, InterruptedException, MountGone {
        boolean asKey = mount == null || (keys != null && entry instanceof Value && load.chance(2));
        Step step = load.step(index, asKey ? Step.Kind.GET : Step.Kind.READ, name);
        journal.begin(step);
        try {
            String problem = entry.problem(read(name, asKey), true);
            if (problem != null) {
                // As when it looks through all: a mount that goes away hides what is there.
                problem = entry.problem(read(name, asKey), true);
            }
            if (problem != null && mount != null && !mount.isThere()) {
                answer(step, Outcome.unknown("ENOTCONN the mount went away: " + problem));
                return;
            }
            if (problem != null) {
                journal.broken(index, name + " " + problem + " (" + step.kind() + ")");
            }
            answer(step, Outcome.done(0));
        } catch (IOException e) {
            answer(step, Errors.ofContent(e));
        }
    }

    private byte[] read(String name, boolean asKey) throws IOException {
        return asKey ? keys.read(name) : mount.read(name);
    }
}
