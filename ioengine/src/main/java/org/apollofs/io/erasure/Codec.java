package org.apollofs.io.erasure;

/** What computes the code. All give the same bytes. */
public enum Codec {
    /** The fastest that is there; {@link ErasureCode#describe} says which and why. */
    AUTO,
    /** Intel's library ISA-L (libisal.so.2), through java.lang.foreign. */
    ISA_L,
    /** Java's Vector API. */
    VECTOR,
    /** Plain Java. */
    SCALAR
}
