package org.apollofs.io.erasure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorSpecies;

/** The width of vector whose byte shuffle is one instruction on this machine, or few. */
final class VectorShape {
    /** The species of the codec. */
    static final VectorSpecies<Byte> BYTES = choose();

    private VectorShape() {}

    /**
     * Processors with AVX-512 but without its VBMI part have no shuffle of 64 bytes, and the virtual machine then runs
     * the Java code of the operation, hundreds of times slower.
     */
    private static VectorSpecies<Byte> choose() {
        VectorSpecies<Byte> preferred = ByteVector.SPECIES_PREFERRED;
        if (preferred.vectorBitSize() < 512 || !isX86()) {
            return preferred;
        }
        return hasVbmi() ? preferred : ByteVector.SPECIES_256;
    }

    private static boolean isX86() {
        String architecture = System.getProperty("os.arch");
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    private static boolean hasVbmi() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo")).contains(" avx512vbmi ");
        } catch (IOException e) {
            // Half the width is right on every such processor.
            return false;
        }
    }
}
