package org.apollofs.namespace.check;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Looks for an order of a history's operations that explains every answer and keeps to real time: what had its answer before
 * another was sent comes first. (J. Wing, C. Gong: Testing and verifying concurrent objects, 1993; with G. Lowe's cache of
 * configurations seen, 2017.)
 *
 * <p>Keys that no transaction joins are judged apart: linearizability is local (M. Herlihy, J. Wing, 1990). Three things
 * keep the search short, and none lets a wrong history pass or a right one fail:
 * <ul>
 *   <li>The namespace promises that versions rise by one log order. So of the changes with a known version only the one
 *       with the lowest may come next, and an order that contradicts the versions is refused.
 *   <li>A read that may come next and agrees with the state is taken at once: it changes nothing, and what must come before
 *       it has come.
 *   <li>A configuration (what has been ordered, and the state) that led nowhere is not tried again, nor one that differs from
 *       it only in that more operations without an answer have been used up: they need not happen at all.
 * </ul>
 *
 * <p>An operation without an answer may stand anywhere after it was sent, or nowhere. One thread.
 */
public final class LinearizabilityChecker {
    private static final long DEFAULT_STEPS = 20_000_000;

    private final long maxSteps;

    /** A checker with the usual bound on its work. */
    public LinearizabilityChecker() {
        this(DEFAULT_STEPS);
    }

    /** @param maxSteps configurations looked at before a group of keys is given up as undecided. */
    public LinearizabilityChecker(long maxSteps) {
        this.maxSteps = maxSteps;
    }

    /**
     * The judgement.
     *
     * @param reason empty if there is an order.
     */
    public record Verdict(boolean isLinearizable, String reason) {}

    /** Judges a history. @throws IllegalStateException if it could not be decided within the bound. */
    public Verdict check(List<Operation> history) {
        for (List<Operation> group : groups(history)) {
            String reason = new Search(group, maxSteps).run();
            if (reason != null) {
                return new Verdict(false, reason);
            }
        }
        return new Verdict(true, "");
    }

    /** Operations on keys that hang together by transactions. */
    private static List<List<Operation>> groups(List<Operation> history) {
        Map<String, String> parents = new HashMap<>();
        for (Operation operation : history) {
            String first = null;
            for (String key : operation.action().keys()) {
                parents.putIfAbsent(key, key);
                if (first != null) {
                    parents.put(root(parents, key), root(parents, first));
                }
                first = first == null ? key : first;
            }
        }
        Map<String, List<Operation>> groups = new TreeMap<>();
        for (Operation operation : history) {
            Set<String> keys = operation.action().keys();
            boolean saysNothing = operation.isUnknown() && !operation.action().isMutation();
            if (!keys.isEmpty() && !saysNothing) {
                groups.computeIfAbsent(root(parents, keys.iterator().next()), root -> new ArrayList<>())
                        .add(operation);
            }
        }
        return new ArrayList<>(groups.values());
    }

    private static String root(Map<String, String> parents, String key) {
        String at = key;
        while (!parents.get(at).equals(at)) {
            at = parents.get(at);
        }
        return at;
    }

    /** Which operations have been ordered, and what they have made. */
    private record Configuration(BitSet ordered, KeyStates states) {}

    /** The search through one group of keys. */
    private static final class Search {
        private final Operation[] operations;
        /** Changes with a known version, by version. */
        private final int[] byOrder;

        private final KeyStates start;
        private final long maxSteps;
        private final BitSet unanswered = new BitSet();
        /** Of configurations seen: which operations without an answer they had used up. */
        private final Map<Configuration, List<BitSet>> seen = new HashMap<>();

        /** Configurations to be looked at, by how many operations without an answer they have used up. */
        private final List<Deque<Configuration>> open = new ArrayList<>();

        private int furthest = -1;
        private Configuration furthestAt;

        Search(List<Operation> group, long maxSteps) {
            this.maxSteps = maxSteps;
            operations = group.stream()
                    .sorted(Comparator.comparingLong(Operation::invokeNs))
                    .toArray(Operation[]::new);
            Map<String, Integer> indexes = new LinkedHashMap<>();
            for (Operation operation : operations) {
                operation.action().keys().forEach(key -> indexes.putIfAbsent(key, indexes.size()));
            }
            start = KeyStates.empty(indexes);
            List<Integer> ordered = new ArrayList<>();
            for (int i = 0; i < operations.length; i++) {
                if (operations[i].isUnknown()) {
                    unanswered.set(i);
                }
                if (operations[i].order() > 0) {
                    ordered.add(i);
                }
            }
            ordered.sort(Comparator.comparingLong(i -> operations[i].order()));
            byOrder = ordered.stream().mapToInt(Integer::intValue).toArray();
        }

        /** @return null if there is an order, else how far it went. */
        String run() {
            open(settle(new Configuration(new BitSet(operations.length), start)));
            long steps = 0;
            for (Configuration at = next(); at != null; at = next()) {
                if (++steps > maxSteps) {
                    throw new IllegalStateException(
                            "undecided: operations=" + operations.length + ", steps=" + steps + ", keys=" + start);
                }
                if (isComplete(at)) {
                    return null;
                }
                note(at);
                List<Integer> candidates = candidates(at.ordered());
                for (int i = candidates.size() - 1; i >= 0; i--) {
                    Configuration after = take(at, candidates.get(i));
                    if (after != null) {
                        open(after);
                    }
                }
            }
            return describe();
        }

        /** To be looked at: with fewer operations without an answer first, so that what needs more is not tried for nothing. */
        private void open(Configuration at) {
            BitSet used = (BitSet) at.ordered().clone();
            used.and(unanswered);
            int level = used.cardinality();
            while (open.size() <= level) {
                open.add(new ArrayDeque<>());
            }
            open.get(level).push(at);
        }

        /** The next one, the one found last of those with the fewest; null if there is none. */
        private Configuration next() {
            for (Deque<Configuration> level : open) {
                if (!level.isEmpty()) {
                    return level.pop();
                }
            }
            return null;
        }

        private boolean isComplete(Configuration at) {
            for (int i = at.ordered().nextClearBit(0);
                    i < operations.length;
                    i = at.ordered().nextClearBit(i + 1)) {
                if (!operations[i].isUnknown()) {
                    return false;
                }
            }
            return true;
        }

        /** Puts an operation next. @return null if it cannot be, or leads where the search has been. */
        private Configuration take(Configuration before, int index) {
            Operation operation = operations[index];
            KeyStates states = before.states().apply(operation.action(), operation.answer());
            if (states == null || (operation.isUnknown() && states.equals(before.states()))) {
                return null;
            }
            BitSet ordered = (BitSet) before.ordered().clone();
            ordered.set(index);
            Configuration after = settle(new Configuration(ordered, states));
            return isNew(after) ? after : null;
        }

        private boolean isNew(Configuration at) {
            BitSet answered = (BitSet) at.ordered().clone();
            answered.andNot(unanswered);
            BitSet used = (BitSet) at.ordered().clone();
            used.and(unanswered);
            List<BitSet> before =
                    seen.computeIfAbsent(new Configuration(answered, at.states()), key -> new ArrayList<>());
            for (BitSet less : before) {
                BitSet more = (BitSet) less.clone();
                more.andNot(used);
                if (more.isEmpty()) {
                    return false;
                }
            }
            before.add(used);
            return true;
        }

        /** Takes what may come next, has an answer that agrees, and changes nothing. */
        private Configuration settle(Configuration at) {
            BitSet ordered = at.ordered();
            boolean again = true;
            while (again) {
                again = false;
                for (int i : eligible(ordered)) {
                    Operation operation = operations[i];
                    if (!operation.isUnknown()
                            && operation.order() == 0
                            && at.states().equals(at.states().apply(operation.action(), operation.answer()))) {
                        ordered.set(i);
                        again = true;
                    }
                }
            }
            return at;
        }

        /** What was sent before all that is not ordered had its answer. */
        private List<Integer> eligible(BitSet ordered) {
            List<Integer> eligible = new ArrayList<>();
            long earliestReturn = Long.MAX_VALUE;
            for (int i = ordered.nextClearBit(0);
                    i < operations.length && operations[i].invokeNs() <= earliestReturn;
                    i = ordered.nextClearBit(i + 1)) {
                eligible.add(i);
                earliestReturn = Math.min(earliestReturn, operations[i].returnNs());
            }
            return eligible;
        }

        /** What may come next: what has an answer first, in the system's own order of changes. */
        private List<Integer> candidates(BitSet ordered) {
            int lowest = -1;
            for (int index : byOrder) {
                if (!ordered.get(index)) {
                    lowest = index;
                    break;
                }
            }
            List<Integer> answered = new ArrayList<>();
            List<Integer> unknown = new ArrayList<>();
            for (int i : eligible(ordered)) {
                if (operations[i].isUnknown()) {
                    unknown.add(i);
                } else if (operations[i].order() == 0 || i == lowest) {
                    answered.add(i);
                }
            }
            answered.addAll(unknown);
            return answered;
        }

        private void note(Configuration at) {
            int count = at.ordered().cardinality();
            if (count > furthest) {
                furthest = count;
                furthestAt = at;
            }
        }

        private String describe() {
            StringBuilder text = new StringBuilder("no order explains the answers: ordered=" + furthest + " of "
                    + operations.length + ", state there: " + furthestAt.states());
            for (int i : eligible(furthestAt.ordered())) {
                text.append("\n  cannot come next: ").append(operations[i]);
            }
            return text.toString();
        }
    }
}
