package org.apollofs.io.erasure;

import jdk.incubator.vector.ByteVector;

/** Makes the combiners of one codec, and knows why it is the one. */
final class CodecFactory {
    private final Codec codec;
    private final String reason;

    private CodecFactory(Codec codec, String reason) {
        this.codec = codec;
        this.reason = reason;
    }

    /**
     * Picks a codec; {@link Codec#AUTO} takes the first that is there of ISA-L, Vector, scalar, which is their order of
     * speed wherever it was measured.
     *
     * @throws UnsupportedOperationException if it is not on this machine.
     */
    static CodecFactory of(Codec codec) {
        if (codec != Codec.AUTO) {
            String missing = missing(codec);
            if (missing != null) {
                throw new UnsupportedOperationException("codec not available: " + codec + ", " + missing);
            }
            return new CodecFactory(codec, "asked for");
        }
        String noIsa = missing(Codec.ISA_L);
        if (noIsa == null) {
            return new CodecFactory(Codec.ISA_L, "fastest");
        }
        String noVector = missing(Codec.VECTOR);
        return noVector == null
                ? new CodecFactory(Codec.VECTOR, noIsa)
                : new CodecFactory(Codec.SCALAR, noIsa + "; " + noVector);
    }

    /** Why a codec is not on this machine, or null if it is. */
    static String missing(Codec codec) {
        return switch (codec) {
            case ISA_L -> IsaLibrary.missing();
            case VECTOR -> missingVector();
            case AUTO, SCALAR -> null;
        };
    }

    Combiner combiner(int inputCount, int[][] coefficients) {
        return switch (codec) {
            case ISA_L -> new IsaCombiner(inputCount, coefficients);
            case VECTOR -> new VectorCombiner(inputCount, coefficients);
            case AUTO, SCALAR -> new ScalarCombiner(inputCount, coefficients);
        };
    }

    /** Prepares sums of up to so many outputs, so that the first ones are not slow. */
    void warmUp(int outputCount) {
        if (codec == Codec.VECTOR) {
            VectorCombiner.warmUp(outputCount);
        }
    }

    String describe() {
        String name = switch (codec) {
            case ISA_L -> "ISA-L (" + IsaLibrary.NAME + ")";
            case VECTOR -> "Vector API, " + VectorCombiner.lanes() * 8 + " bits";
            case AUTO, SCALAR -> "plain Java";
        };
        return name + " (" + reason + ")";
    }

    private static String missingVector() {
        if (!ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            return "started without --add-modules=jdk.incubator.vector";
        }
        return ByteVector.SPECIES_PREFERRED.vectorBitSize() >= 128 ? null : "no vector unit";
    }
}
