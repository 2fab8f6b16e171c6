package org.apollofs.fuse;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.apollofs.fuse.jnr.JnrMount;
import org.junit.jupiter.api.BeforeAll;

/** The contract on libfuse 2. */
class JnrMountTest extends MountContract {
    @BeforeAll
    static void needsLibrary() {
        assumeTrue(JnrMount.isAvailable(), "needs libfuse2 (apt-get install libfuse2)");
    }

    @Override
    Backend backend() {
        return Backend.JNR;
    }
}
