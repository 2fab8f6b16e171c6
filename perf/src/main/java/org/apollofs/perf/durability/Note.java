package org.apollofs.perf.durability;

/** One line of a journal. Times are of the wall clock, ms since 1970, to be held against logs; nothing rests on them. */
public sealed interface Note {
    /** When it was noted. */
    long timeMs();

    /** A step is about to be asked for: noted, and synced, before. */
    record Begin(long timeMs, Step step) implements Note {}

    /** A step was answered. */
    record End(long timeMs, long step, Outcome outcome) implements Note {}

    /** A worker found the mount gone, and there again: what it had open is lost, what it has is looked through next. */
    record NewMount(long timeMs, int worker) implements Note {}

    /** A worker found something that it was promised otherwise, while it looked. */
    record Broken(long timeMs, int worker, String what) implements Note {}

    /** As a line, without its end. */
    default String toLine() {
        return switch (this) {
            case Begin(long ms, Step s) ->
                join(
                        "B",
                        ms,
                        s.id(),
                        s.worker(),
                        s.kind(),
                        s.name(),
                        s.other(),
                        s.handle(),
                        s.offset(),
                        s.length(),
                        s.seed());
            case End(long ms, long step, Outcome o) -> join("E", ms, step, o.status(), o.count(), clean(o.error()));
            case NewMount(long ms, int worker) -> join("N", ms, worker);
            case Broken(long ms, int worker, String what) -> join("X", ms, worker, clean(what));
        };
    }

    /** @throws IllegalArgumentException if it is no line of a journal. */
    static Note parse(String line) {
        String[] part = line.split("\t", -1);
        long ms = Long.parseLong(part[1]);
        return switch (part[0]) {
            case "B" ->
                new Begin(
                        ms,
                        new Step(
                                Long.parseLong(part[2]),
                                Integer.parseInt(part[3]),
                                Step.Kind.valueOf(part[4]),
                                part[5],
                                part[6],
                                Long.parseLong(part[7]),
                                Long.parseLong(part[8]),
                                Long.parseLong(part[9]),
                                Long.parseLong(part[10])));
            case "E" ->
                new End(
                        ms,
                        Long.parseLong(part[2]),
                        new Outcome(Outcome.Status.valueOf(part[3]), Long.parseLong(part[4]), part[5]));
            case "N" -> new NewMount(ms, Integer.parseInt(part[2]));
            case "X" -> new Broken(ms, Integer.parseInt(part[2]), part[3]);
            default -> throw new IllegalArgumentException("no line of a journal: " + line);
        };
    }

    private static String join(Object... parts) {
        StringBuilder line = new StringBuilder();
        for (Object part : parts) {
            line.append(line.isEmpty() ? "" : "\t").append(part);
        }
        return line.toString();
    }

    private static String clean(String text) {
        return text.replace('\t', ' ').replace('\n', ' ').replace('\r', ' ');
    }
}
