package org.apollofs.perf.durability;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a file may hold, from the calls that were made on it. One thread.
 *
 * <p>Each write and truncation is a layer over those before it. A layer is <i>durable</i> once an fsync or close of its handle
 * said so; <i>accepted</i> while only its own call did: the mount must show it, a crash may take it away; <i>doubtful</i> if its
 * call failed or was never answered, or if an fsync or close of its handle failed, or the mount went away before one. Looking
 * down on a byte, any doubtful layer may be what is seen, and the first durable one ends the search; below all are zeros. The
 * size is what the layers make of it, each doubtful one or not, a doubtful write also in part. Size and bytes must agree: a byte
 * that shows nothing of a write lies in a file whose size does not need that write.
 *
 * <p>An fsync promises every write of its handle that returned, also one after another write failed: a program that goes on
 * after an error, and then is told by fsync that all is well, believes it.
 */
final class DataFile implements Entry {
    private static final long END = Long.MAX_VALUE;
    private static final int NONE = -1;

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

    /** Sizes that the file may have, in order, if no write was cut short. @param isLive as in {@link #problem}. */
    SortedSet<Long> sizes(boolean isLive) {
        return sizes(isLive, new BitSet(), NONE, 0);
    }

    /**
     * Sizes that the layers make.
     *
     * @param without layers that did not take effect.
     * @param cut a layer that did up to {@code cutTo} only, or {@link #NONE}.
     */
    private SortedSet<Long> sizes(boolean isLive, BitSet without, int cut, long cutTo) {
        SortedSet<Long> sizes = new TreeSet<>(List.of(0L));
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            if (without.get(i)) {
                continue;
            }
            SortedSet<Long> after = new TreeSet<>();
            for (long size : sizes) {
                after.add(i == cut ? Math.max(size, cutTo) : layer.sizeAfter(size));
            }
            if (!isCertain(layer, isLive)) {
                after.addAll(sizes);
            }
            sizes = after;
        }
        return sizes;
    }

    /** Whether the file may have this size without what these layers did. */
    private boolean canHaveSize(long size, boolean isLive, BitSet without) {
        if (sizes(isLive, without, NONE, 0).contains(size)) {
            return true;
        }
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            boolean mayBeCut = !layer.isTruncation() && !isCertain(layer, isLive) && !without.get(i);
            if (mayBeCut
                    && layer.from < size
                    && size < layer.to
                    && sizes(isLive, without, i, size).contains(size)) {
                return true;
            }
        }
        return false;
    }

    int layerCount() {
        return layers.size();
    }

    private static boolean isCertain(Layer layer, boolean isLive) {
        return layer.state == State.DURABLE || (isLive && layer.state == State.ACCEPTED);
    }

    @Override
    public String problem(byte[] found, boolean isLive) {
        if (found == null) {
            return "is not there";
        }
        if (!canHaveSize(found.length, isLive, new BitSet())) {
            SortedSet<Long> sizes = sizes(isLive);
            return "has size " + found.length + ", expected " + (sizes.size() == 1 ? sizes.first() : "one of " + sizes);
        }
        Map<BitSet, Boolean> fits = new HashMap<>();
        TreeSet<Integer> edges = new TreeSet<>(List.of(0, found.length));
        for (Layer layer : layers) {
            edges.add((int) Math.min(layer.from, found.length));
            edges.add((int) Math.min(layer.to, found.length));
        }
        int from = edges.removeFirst();
        for (int to : edges) {
            int[] covering = covering(from);
            for (int at = from; at < to; at++) {
                String problem = problem(found, at, isLive, covering, fits);
                if (problem != null) {
                    return problem;
                }
            }
            from = to;
        }
        return null;
    }

    /** The layers over a byte, the last first. */
    private int[] covering(long offset) {
        return IntStream.iterate(layers.size() - 1, i -> i >= 0, i -> i - 1)
                .filter(i -> layers.get(i).from <= offset && offset < layers.get(i).to)
                .toArray();
    }

    /** @param fits whether the size is right without some layers, as far as was asked. */
    private String problem(byte[] found, int at, boolean isLive, int[] covering, Map<BitSet, Boolean> fits) {
        BitSet passed = null;
        for (int i : covering) {
            Layer layer = layers.get(i);
            if (layer.at(at) == found[at] && (passed == null || fits(found.length, isLive, passed, fits))) {
                return null;
            }
            if (isCertain(layer, isLive)) {
                return wrongByte(found, at, layer);
            }
            passed = passed == null ? new BitSet() : passed;
            passed.set(i);
        }
        boolean isHole = found[at] == 0 && (passed == null || fits(found.length, isLive, passed, fits));
        return isHole ? null : wrongByte(found, at, null);
    }

    private boolean fits(long size, boolean isLive, BitSet without, Map<BitSet, Boolean> known) {
        Boolean fits = known.get(without);
        if (fits == null) {
            fits = canHaveSize(size, isLive, without);
            known.put((BitSet) without.clone(), fits);
        }
        return fits;
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
