package org.apollofs.io.erasure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErasureCodeTest {
    private static final int[][] SHAPES = {
        {1, 0}, {1, 1}, {1, 2}, {2, 1}, {3, 3}, {4, 2}, {8, 2}, {5, 5}, {16, 4}, {10, 8}, {32, 8}
    };
    private static final int MAX_LENGTH = 3000;

    private static final int RANDOM_SHAPES = 25;
    private static final int MAX_RANDOM_DATA = 16;
    private static final int MAX_RANDOM_PARITY = 4;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    /** The usual ones and the extremes, and some of all that a profile may ask for. */
    private List<int[]> shapes() {
        List<int[]> shapes = new ArrayList<>(List.of(SHAPES));
        for (int i = 0; i < RANDOM_SHAPES; i++) {
            shapes.add(new int[] {1 + random.nextInt(MAX_RANDOM_DATA), random.nextInt(MAX_RANDOM_PARITY + 1)});
        }
        return shapes;
    }

    @ParameterizedTest
    @EnumSource(
            value = Codec.class,
            names = {"ISA_L", "VECTOR", "AUTO"})
    void shouldGiveTheSameBytesAsPlainJava(Codec codec) {
        assumeTrue(codec == Codec.AUTO || ErasureCode.codecs().contains(codec), CodecFactory.missing(codec));
        for (int[] shape : shapes()) {
            for (int round = 0; round < 12; round++) {
                try (Arena arena = Arena.ofConfined()) {
                    Stripe stripe = new Stripe(arena, shape[0], shape[1]);
                    MemorySegment[] expected = stripe.encode(Codec.SCALAR);
                    MemorySegment[] actual = stripe.encode(codec);
                    for (int i = 0; i < shape[1]; i++) {
                        assertEquals(-1, expected[i].mismatch(actual[i]), stripe + ", parity=" + i);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRebuildWhateverIsLost(Codec codec) {
        assumeTrue(codec == Codec.AUTO || ErasureCode.codecs().contains(codec), CodecFactory.missing(codec));
        for (int[] shape : shapes()) {
            for (int round = 0; round < 12; round++) {
                try (Arena arena = Arena.ofConfined()) {
                    Stripe stripe = new Stripe(arena, shape[0], shape[1]);
                    stripe.checkRebuild(codec, random.nextInt(shape[1] + 1));
                }
            }
        }
    }

    @Test
    void shouldFollowTheDefinitionByteByByte() {
        try (Arena arena = Arena.ofConfined()) {
            Stripe stripe = new Stripe(arena, 4, 2);
            MemorySegment[] parity = stripe.encode(Codec.SCALAR);
            for (int p = 0; p < 2; p++) {
                for (int at = 0; at < stripe.longest; at++) {
                    int sum = 0;
                    for (int d = 0; d < 4; d++) {
                        int value = at < stripe.lengths[d] ? stripe.data[d].get(ValueLayout.JAVA_BYTE, at) & 0xff : 0;
                        sum ^= GaloisField.multiply(stripe.code.coefficient(p, d), value);
                    }
                    assertEquals((byte) sum, parity[p].get(ValueLayout.JAVA_BYTE, at), stripe + ", at=" + at);
                }
            }
        }
    }

    @Test
    void shouldUseTheMatrixOfIsaL() {
        ErasureCode code = ErasureCode.of(4, 2, Codec.SCALAR);
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 4; j++) {
                assertEquals(1, GaloisField.multiply(code.coefficient(i, j), (4 + i) ^ j));
            }
        }
        assertEquals(1, ErasureCode.of(1, 2, Codec.SCALAR).coefficient(1, 0));
    }

    @Test
    void shouldSayWhenNothingCanBeDone() {
        ErasureCode code = ErasureCode.of(4, 2);
        assertNull(code.reconstruction(0b000111, 0b001000));
        assertThrows(IllegalArgumentException.class, () -> code.reconstruction(0b111111, 0b1));
        assertThrows(IllegalArgumentException.class, () -> code.reconstruction(0b1111, 0b1000000));
        assertThrows(IllegalArgumentException.class, () -> ErasureCode.of(0, 1));
        assertThrows(IllegalArgumentException.class, () -> ErasureCode.of(33, 1));
        assertThrows(IllegalArgumentException.class, () -> ErasureCode.of(4, 9));
        assertThrows(IllegalArgumentException.class, () -> code.accumulate(4, 0, 0, new long[2], 0));
        assertThrows(IllegalArgumentException.class, () -> code.accumulate(0, 0, 0, new long[1], 0));
    }

    @Test
    void shouldSayWhichCodecItTook() {
        assertTrue(ErasureCode.codecs().contains(Codec.SCALAR));
        assertTrue(ErasureCode.of(4, 2).describe().startsWith("Reed-Solomon 4+2, codec: "));
        assertTrue(ErasureCode.of(4, 2, Codec.SCALAR).describe().contains("plain Java (asked for)"));
    }

    /** Random data of one stripe: chunks of different lengths, at odd addresses. */
    private final class Stripe {
        final ErasureCode code;
        final Arena arena;
        final MemorySegment[] data;
        final int[] lengths;
        final int longest;

        Stripe(Arena arena, int dataCount, int parityCount) {
            this.arena = arena;
            code = ErasureCode.of(dataCount, parityCount, Codec.SCALAR);
            data = new MemorySegment[dataCount];
            lengths = new int[dataCount];
            int max = 0;
            boolean full = random.nextBoolean();
            int fullLength = random.nextInt(MAX_LENGTH);
            for (int i = 0; i < dataCount; i++) {
                lengths[i] = full ? fullLength : random.nextInt(MAX_LENGTH);
                max = Math.max(max, lengths[i]);
                data[i] = dirty(lengths[i]);
            }
            longest = max;
        }

        /** Memory full of noise, so that nothing relies on zeros. */
        private MemorySegment dirty(int length) {
            int skew = random.nextInt(8);
            MemorySegment segment = arena.allocate(length + 8L).asSlice(skew, length);
            for (int i = 0; i < length; i++) {
                segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
            }
            return segment;
        }

        MemorySegment[] encode(Codec codec) {
            ErasureCode encoder = ErasureCode.of(code.dataCount(), code.parityCount(), codec);
            MemorySegment[] parity = new MemorySegment[code.parityCount()];
            for (int i = 0; i < parity.length; i++) {
                parity[i] = dirty(longest);
            }
            int valid = 0;
            int first = random.nextInt(data.length);
            for (int i = 0; i < data.length; i++) {
                int index = (first + i) % data.length;
                valid = encoder.accumulate(index, data[index].address(), lengths[index], addresses(parity), valid);
            }
            assertEquals(longest, valid);
            return parity;
        }

        void checkRebuild(Codec codec, int lost) {
            MemorySegment[] parity = encode(codec);
            long all = (1L << code.chunkCount()) - 1;
            long wanted = 0;
            while (Long.bitCount(wanted) < lost) {
                wanted |= 1L << random.nextInt(code.chunkCount());
            }
            Reconstruction plan =
                    ErasureCode.of(code.dataCount(), code.parityCount(), codec).reconstruction(all & ~wanted, wanted);
            assertEquals(lost, plan.targetCount());
            MemorySegment[] rebuilt = new MemorySegment[lost];
            for (int i = 0; i < lost; i++) {
                rebuilt[i] = dirty(longest);
            }
            int valid = 0;
            for (int i = plan.sourceCount() - 1; i >= 0; i--) {
                MemorySegment source = chunk(plan.source(i), parity);
                valid = plan.accumulate(i, source.address(), (int) source.byteSize(), addresses(rebuilt), valid);
            }
            for (int i = 0; i < lost; i++) {
                MemorySegment expected = chunk(plan.target(i), parity);
                long compared = Math.min(expected.byteSize(), valid);
                String where = this + ", codec=" + codec + ", wanted=" + Long.toBinaryString(wanted) + ", target="
                        + plan.target(i);
                assertEquals(-1, expected.asSlice(0, compared).mismatch(rebuilt[i].asSlice(0, compared)), where);
                for (long at = compared; at < expected.byteSize(); at++) {
                    assertEquals(0, expected.get(ValueLayout.JAVA_BYTE, at), where);
                }
                for (long at = expected.byteSize(); at < valid; at++) {
                    assertEquals(0, rebuilt[i].get(ValueLayout.JAVA_BYTE, at), where);
                }
            }
        }

        private MemorySegment chunk(int index, MemorySegment[] parity) {
            return index < data.length ? data[index] : parity[index - data.length];
        }

        private long[] addresses(MemorySegment[] segments) {
            long[] addresses = new long[segments.length];
            for (int i = 0; i < addresses.length; i++) {
                addresses[i] = segments[i].address();
            }
            return addresses;
        }

        @Override
        public String toString() {
            return "seed=" + seed + ", code=" + code.dataCount() + "+" + code.parityCount() + ", longest=" + longest;
        }
    }
}
