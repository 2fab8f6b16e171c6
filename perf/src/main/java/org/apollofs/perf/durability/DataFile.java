package org.apollofs.perf.durability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * What a file may hold, from the calls that were made on it. One thread.
 *
 * <p>Each write and truncation is a layer over those before it. A layer is <i>durable</i> once an fsync or close of its handle
 * said so; <i>accepted</i> while only its own call did: the mount must show it, a crash may take it away; <i>doubtful</i> if its
 * call failed or was never answered, or if an fsync or close of its handle failed, or the mount went away before one. Looking
 * down on a byte, any doubtful layer may be what is seen, and the first durable one ends the search; below all are zeros. The
 * size is what the layers make of it, each doubtful one or not.
 *
 * <p>An fsync promises every write of its handle that returned, also one after another write failed: a program that goes on
 * after an error, and then is told by fsync that all is well, believes it.
 */
final class DataFile implements Entry {
    private static final long END = Long.MAX_VALUE;

    /** What is known of a layer. */
    private enum State {
        DOUBTFUL,
        ACCEPTED,
        DURABLE
    }

    /** A range with content, or with zeros to the end of the file: a truncation. */
    private static final class Layer {
        final Step step;
        final long from;
        final long to;
        State state = State.DOUBTFUL;

        Layer(Step step, long from, long to) {
            this.step = step;
            this.from = from;
            this.to = to;
        }

        boolean isTruncation() {
            return step.kind() == Step.Kind.TRUNCATE;
        }

        byte at(long offset) {
            return isTruncation() ? 0 : Content.at(step.seed(), offset - step.offset());
        }

        long sizeAfter(long size) {
            return isTruncation() ? from : Math.max(size, to);
        }
    }

    private final List<Layer> layers = new ArrayList<>();

    /** A WRITE or TRUNCATE is about to be called. */
    void begin(Step step) {
        boolean truncates = step.kind() == Step.Kind.TRUNCATE;
        layers.add(new Layer(
                step, truncates ? step.length() : step.offset(), truncates ? END : step.offset() + step.length()));
    }

    /** A WRITE or TRUNCATE has returned. */
    void end(Step step, Outcome outcome) {
        if (!outcome.isDone()) {
            return;
        }
        int at = indexOf(step);
        Layer begun = layers.get(at);
        if (begun.isTruncation() || outcome.count() == step.length()) {
            begun.state = State.ACCEPTED;
            return;
        }
        // A short write: what it did not take may still have been begun.
        long middle = begun.from + outcome.count();
        Layer taken = new Layer(step, begun.from, middle);
        taken.state = State.ACCEPTED;
        layers.set(at, new Layer(step, middle, begun.to));
        layers.add(at, taken);
    }

    private int indexOf(Step step) {
        for (int i = layers.size() - 1; i >= 0; i--) {
            if (layers.get(i).step.id() == step.id()) {
                return i;
            }
        }
        throw new IllegalArgumentException("a step ends that never began: step=" + step);
    }

    /** An fsync or close has returned. @param promised whether it said that all is well. */
    void settle(long handle, boolean promised) {
        for (Layer layer : layers) {
            if (layer.step.handle() == handle && layer.state == State.ACCEPTED) {
                layer.state = promised ? State.DURABLE : State.DOUBTFUL;
            }
        }
    }

    @Override
    public void loseHandles() {
        for (Layer layer : layers) {
            if (layer.state == State.ACCEPTED) {
                layer.state = State.DOUBTFUL;
            }
        }
    }

    @Override
    public boolean isDoubtful() {
        return layers.stream().anyMatch(layer -> layer.state == State.DOUBTFUL);
    }

    /** Sizes that the file may have, in order. @param isLive as in {@link #problem}. */
    TreeSet<Long> sizes(boolean isLive) {
        TreeSet<Long> sizes = new TreeSet<>(List.of(0L));
        for (Layer layer : layers) {
            TreeSet<Long> after = new TreeSet<>(Comparator.naturalOrder());
            sizes.forEach(size -> after.add(layer.sizeAfter(size)));
            if (!isCertain(layer, isLive)) {
                after.addAll(sizes);
            }
            sizes = after;
        }
        return sizes;
    }

    int layerCount() {
        return layers.size();
    }

    private static boolean isCertain(Layer layer, boolean isLive) {
        return layer.state == State.DURABLE || isLive && layer.state == State.ACCEPTED;
    }

    @Override
    public String problem(byte[] found, boolean isLive) {
        if (found == null) {
            return "is not there";
        }
        TreeSet<Long> sizes = sizes(isLive);
        if (!sizes.contains((long) found.length)) {
            return "has size " + found.length + ", expected " + (sizes.size() == 1 ? sizes.first() : "one of " + sizes);
        }
        boolean[] explained = new boolean[found.length];
        for (int i = layers.size() - 1; i >= 0; i--) {
            Layer layer = layers.get(i);
            int to = (int) Math.min(layer.to, found.length);
            boolean isCertain = isCertain(layer, isLive);
            for (int at = (int) Math.min(layer.from, to); at < to; at++) {
                if (explained[at]) {
                    continue;
                }
                explained[at] = layer.at(at) == found[at];
                if (isCertain && !explained[at]) {
                    return wrongByte(found, at, layer);
                }
                explained[at] |= isCertain;
            }
        }
        for (int at = 0; at < found.length; at++) {
            if (!explained[at] && found[at] != 0) {
                return wrongByte(found, at, null);
            }
        }
        return null;
    }

    private static String wrongByte(byte[] found, int at, Layer layer) {
        int end = at;
        while (end < found.length && found[end] == 0) {
            end++;
        }
        String wanted = layer == null
                ? "nothing was ever written there"
                : "promised by step " + layer.step.id() + " (" + layer.step.kind() + " [" + layer.from + ", "
                        + (layer.to == END ? "end" : layer.to) + "))";
        return "has a wrong byte at offset " + at + " of " + found.length
                + (end > at ? " (" + (end - at) + " zeros from there)" : "") + ": " + wanted;
    }
}
