package org.apollofs.perf.durability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a small file or key may hold whose content is only ever replaced whole: by a put, a transaction, or O_TRUNC and close.
 * It is one of its versions from the last acknowledged on, never a mixture, and never empty in between. Two keys of one
 * transaction have one value. One thread.
 *
 * @see WorkerState for which names it has.
 */
final class Value implements Entry {
    /** Of a key that is not there. */
    private static final Version ABSENT = new Version(null, true);

    /** A value that was put. @param step by which, null if none is there. @param isCertain whether that was acknowledged. */
    private record Version(Step step, boolean isCertain) {
        boolean isAbsent() {
            return step == null || step.kind() == Step.Kind.DELETE;
        }

        byte[] content() {
            return isAbsent() ? null : Content.of(step.seed(), Math.toIntExact(step.length()));
        }
    }

    private final List<Version> versions = new ArrayList<>(List.of(ABSENT));

    void begin(Step step) {
        versions.add(new Version(step, false));
    }

    void end(Step step, Outcome outcome) {
        int last = versions.size() - 1;
        switch (outcome.status()) {
            case DONE -> {
                versions.clear();
                versions.add(new Version(step, true));
            }
            case REFUSED -> versions.remove(last);
            case UNKNOWN -> versions.set(last, new Version(step, false));
        }
    }

    @Override
    public void loseHandles() {
        // A rewrite that is under way is doubtful already.
    }

    @Override
    public boolean isDoubtful() {
        return versions.size() > 1;
    }

    /** Whether it is certain that there is none. */
    boolean isAbsent() {
        return !isDoubtful() && versions.getFirst().isAbsent();
    }

    /** The step that set the value. Only if it is certain that there is one. */
    Step current() {
        return versions.getFirst().step();
    }

    @Override
    public String problem(byte[] found, boolean isLive) {
        return problem(List.of(new Found(found)));
    }

    /** What was found under one name: null for nothing. */
    record Found(byte[] content) {}

    /** As {@link #problem(byte[], boolean)}, of all names at once: they must have one version. */
    String problem(List<Found> found) {
        for (Version version : versions) {
            byte[] content = version.content();
            if (found.stream().allMatch(one -> Arrays.equals(content, one.content()))) {
                return null;
            }
        }
        // A file that is made by open and filled by write is empty in between.
        boolean mayBeEmpty = versions.getFirst().isAbsent()
                && versions.stream()
                        .anyMatch(version ->
                                version.step() != null && version.step().kind() == Step.Kind.REWRITE);
        if (mayBeEmpty && found.stream().allMatch(one -> one.content() != null && one.content().length == 0)) {
            return null;
        }
        return "holds " + found.stream().map(this::describe).toList() + ", expected " + (isDoubtful() ? "one of " : "")
                + versions.stream().map(Value::describe).toList();
    }

    private String describe(Found found) {
        byte[] content = found.content();
        return content == null ? "nothing" : content.length + " bytes " + Arrays.hashCode(content);
    }

    private static String describe(Version version) {
        return version.isAbsent()
                ? "nothing"
                : version.step().length() + " bytes of step " + version.step().id()
                        + (version.isCertain() ? " (acknowledged)" : " (unknown)");
    }
}
