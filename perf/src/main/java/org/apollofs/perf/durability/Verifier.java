package org.apollofs.perf.durability;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Judges a site by the journal of a load that is over: what it promised must be there, and nothing that it never could. */
public final class Verifier {
    private Verifier() {}

    /**
     * What was found.
     *
     * @param problems a line for each thing that is missing, wrong, cannot be read or must not be there; none is what is hoped for.
     * @param seen the same that the load itself saw, while it worked.
     * @param acknowledged steps that were.
     * @param failed steps that were refused, failed or never answered.
     * @param names that were compared.
     */
    public record Verdict(List<String> problems, List<String> seen, long acknowledged, long failed, long names) {
        public Verdict {
            problems = List.copyOf(problems);
            seen = List.copyOf(seen);
        }
    }

    /**
     * Compares.
     *
     * @param mount the site's mount, or null.
     * @param keys its keys; used where there is no mount.
     * @throws IOException if the journal cannot be read, or a worker's folder cannot be listed.
     */
    public static Verdict verify(Path journal, Path mount, KeyAccess keys) throws IOException {
        WorkJournal.Reader reader = new WorkJournal.Reader(journal);
        History history = new History();
        reader.poll().forEach(history::add);
        List<String> problems = new ArrayList<>();
        long names = 0;
        for (Map.Entry<Integer, WorkerState> worker : history.workers.entrySet()) {
            String folder = DurabilityLoad.folder(reader.seed(), worker.getKey());
            Tree tree = mount != null ? new MountCalls(mount.resolve(folder)) : new KeyCalls(keys, folder + "/");
            WorkerState state = worker.getValue();
            names += state.entries().size() + state.doubtful().size();
            state.check(tree, false).forEach(problem -> problems.add("w" + worker.getKey() + "/" + problem.what()));
        }
        return new Verdict(problems, history.broken, history.acknowledged, history.asked - history.acknowledged, names);
    }

    /** The states of all workers after the notes so far. One thread. */
    static final class History {
        private final Map<Integer, WorkerState> workers = new TreeMap<>();
        private final Map<Long, Step> underWay = new HashMap<>();
        private final List<String> broken = new ArrayList<>();
        private long asked;
        private long acknowledged;

        void add(Note note) {
            switch (note) {
                case Note.Begin(long ms, Step step) -> {
                    asked++;
                    underWay.put(step.id(), step);
                    workers.computeIfAbsent(step.worker(), index -> new WorkerState())
                            .begin(step);
                }
                case Note.End(long ms, long id, Outcome outcome) -> {
                    Step step = underWay.remove(id);
                    acknowledged += outcome.isDone() ? 1 : 0;
                    workers.get(step.worker()).end(step, outcome);
                }
                case Note.NewMount(long ms, int worker) -> workers.get(worker).loseHandles();
                case Note.Broken(long ms, int worker, String what) -> broken.add("w" + worker + "/" + what);
            }
        }

        Map<Integer, WorkerState> workers() {
            return workers;
        }
    }
}
