package org.apollofs.namespace.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Extents against a model: an array that says, for each byte of the file, which byte of which chunk holds it. Random
 * commits (runs of chunks, chunks shared by small writes, whole replacements, the same commit again) and truncations; after
 * each, every byte must be where the model has it, and a stripe must have been freed, once, when and only when its last
 * byte has gone.
 */
class ExtentModelTest {
    private static final int MAX_SIZE = 6000;
    private static final int ROUNDS = 250;

    @TempDir
    Path directory;

    @Test
    void shouldAgreeWithTheModel() {
        for (int i = 0; i < 5; i++) {
            long seed = new Random().nextLong();
            try (NamespaceState state = new NamespaceState(directory, 64 << 20)) {
                new Run(state, seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed=" + seed, e);
            }
        }
    }

    /** One byte's place: 0 is none. Stripe, chunk and byte packed, so that places compare as numbers. */
    private static long place(long stripe, int index, int byteInChunk) {
        return (stripe + 1) << 24 | (long) index << 16 | byteInChunk;
    }

    private static long stripeOf(long place) {
        return (place >> 24) - 1;
    }

    private static final class Run {
        private final NamespaceState state;
        private final Random random;
        private final CommandLog log;
        private final long session;
        private final long file;
        private final int k;
        private long[] model = new long[0];
        private int inlineLength;
        private final Set<Long> freed = new HashSet<>();
        private final Set<Long> seen = new HashSet<>();
        private long nextId = 1;
        private long nextStripe;
        private int nextIndex;
        private int nextByte;
        private List<Extent> lastExtents = List.of();

        Run(NamespaceState state, long seed) {
            this.state = state;
            random = new Random(seed);
            log = new CommandLog(state);
            session = log.openSession();
            k = 1 + random.nextInt(4);
            int[] group = new int[k];
            Arrays.setAll(group, i -> i);
            log.results()
                    .done(log.apply(
                            session, nextId, nextId++, (e, to) -> e.addPlacementTable(to, k, 0, List.of(group))));
            file = log.results()
                    .inode(log.apply(
                            session,
                            nextId,
                            nextId++,
                            (e, to) -> e.makeNode(to, 1, new byte[] {'f'}, 0100644, 0, 0, new byte[0])))
                    .id();
        }

        void run() {
            for (int i = 0; i < ROUNDS; i++) {
                switch (random.nextInt(10)) {
                    case 0 -> truncate();
                    case 1 -> commit(true, newExtents());
                    case 2 -> commit(false, recommitted());
                    default -> commit(false, newExtents());
                }
                check();
            }
            log.apply(session, nextId, nextId++, (e, to) -> e.unlink(to, 1, new byte[] {'f'}, false));
            model = new long[0];
            checkFreed();
        }

        private void truncate() {
            int size = random.nextInt(MAX_SIZE);
            log.results()
                    .inode(log.apply(
                            session,
                            nextId,
                            nextId++,
                            (e, to) -> e.setAttributes(to, file, AttributeChange.size(size))));
            model = Arrays.copyOf(model, size);
            inlineLength = Math.min(inlineLength, size);
        }

        /** The last commit's extents once more, as one does who got no answer; only if all of it is still there. */
        private List<Extent> recommitted() {
            for (Extent extent : lastExtents) {
                if (extent.end() > model.length) {
                    return List.of();
                }
                for (long at = extent.fileOffset(); at < extent.end(); at++) {
                    if (model[(int) at] != placeIn(extent, at)) {
                        return List.of();
                    }
                }
            }
            return lastExtents;
        }

        private List<Extent> newExtents() {
            List<Extent> extents = new ArrayList<>();
            int count = random.nextInt(5);
            for (int i = 0; i < count; i++) {
                extents.add(random.nextBoolean() ? run(extents) : smallWrite());
            }
            return extents;
        }

        /** A run of whole chunks, the last one maybe shorter; often where the one before ends. */
        private Extent run(List<Extent> before) {
            startChunk();
            int stride = 20 + random.nextInt(80);
            int chunks = 1 + random.nextInt(3 * k);
            int length = stride * chunks - random.nextInt(stride);
            long offset =
                    !before.isEmpty() && random.nextBoolean() ? before.getLast().end() : random.nextInt(MAX_SIZE / 2);
            Extent extent = new Extent(offset, length, session, nextStripe, nextIndex, 0, stride, 1);
            for (int i = 0; i < (length - 1) / stride; i++) {
                nextChunk();
            }
            nextByte = (length - 1) % stride + 1;
            if (random.nextBoolean()) {
                nextChunk();
            }
            return extent;
        }

        /** A few bytes in the open chunk, behind what others have put there. */
        private Extent smallWrite() {
            int length = 1 + random.nextInt(30);
            Extent extent = new Extent(
                    random.nextInt(MAX_SIZE / 2),
                    length,
                    session,
                    nextStripe,
                    nextIndex,
                    nextByte,
                    nextByte + length,
                    1);
            nextByte += length;
            if (nextByte > 100) {
                nextChunk();
            }
            return extent;
        }

        private void startChunk() {
            if (nextByte > 0) {
                nextChunk();
            }
            if (random.nextInt(4) == 0) {
                // A stripe is sealed before it is full.
                nextStripe++;
                nextIndex = 0;
            }
        }

        private void nextChunk() {
            nextByte = 0;
            if (++nextIndex == k) {
                nextIndex = 0;
                nextStripe++;
            }
        }

        private void commit(boolean replace, List<Extent> extents) {
            long end = extents.stream().mapToLong(Extent::end).max().orElse(0);
            byte[] inline = replace && random.nextBoolean() ? new byte[random.nextInt(300)] : null;
            long size = Math.max(end, inline == null ? 0 : inline.length);
            ContentCommit commit =
                    new ContentCommit(file, replace, ContentCommit.ANY_VERSION, inline, extents, size, 0);
            log.results().inode(log.apply(session, nextId, nextId++, (e, to) -> e.commit(to, commit)));
            if (replace) {
                model = new long[(int) size];
                inlineLength = inline == null ? 0 : inline.length;
            } else if (size > model.length) {
                model = Arrays.copyOf(model, (int) size);
            }
            for (Extent extent : extents) {
                for (long at = extent.fileOffset(); at < extent.end(); at++) {
                    model[(int) at] = placeIn(extent, at);
                    seen.add(stripeOf(model[(int) at]));
                }
            }
            lastExtents = extents;
            // Stripes are sealed before they are committed: what comes next goes to another.
            if (nextIndex > 0 || nextByte > 0) {
                nextByte = 0;
                nextIndex = 0;
                nextStripe++;
            }
        }

        /** The run arithmetic of {@link Extent}'s Javadoc, by itself. */
        private long placeIn(Extent extent, long at) {
            long position = extent.chunkOffset() + at - extent.fileOffset();
            long chunk = extent.index() + position / extent.chunkStride();
            return place(extent.stripe() + chunk / k, (int) (chunk % k), (int) (position % extent.chunkStride()));
        }

        private void check() {
            FileContent content = state.reads().readContent(file);
            assertEquals(model.length, content.inode().size());
            assertEquals(content.extents().size(), content.inode().extentCount());
            assertEquals(inlineLength, content.inline().length);
            long[] actual = new long[model.length];
            long end = 0;
            for (Extent extent : content.extents()) {
                assertTrue(extent.fileOffset() >= end, "overlapping: " + extent);
                end = extent.end();
                for (long at = extent.fileOffset(); at < extent.end(); at++) {
                    actual[(int) at] = placeIn(extent, at);
                }
            }
            assertEquals(Arrays.toString(model), Arrays.toString(actual));
            checkFreed();
        }

        private void checkFreed() {
            List<FreedRun> runs = state.reads().freedRuns(Integer.MAX_VALUE);
            for (FreedRun run : runs) {
                for (long i = 0; i < run.stripeCount(); i++) {
                    assertTrue(freed.add(run.firstStripe() + i), "freed twice: " + (run.firstStripe() + i));
                }
            }
            log.apply(session, nextId, nextId++, (e, to) -> e.acknowledgeFreed(to, runs));
            Set<Long> expected = new HashSet<>(seen);
            for (long place : model) {
                expected.remove(stripeOf(place));
            }
            assertEquals(expected, freed);
        }
    }
}
