package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import org.apollofs.fuse.jnr.JnrMount;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

    /** Through libfuse 2 the kernel would ask for one before each write. */
    @Test
    void shouldRefuseExtendedAttributes() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "content");
        UserDefinedFileAttributeView attributes = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        assertThrows(FileSystemException.class, () -> attributes.write("a", UTF_8.encode("b")));
    }
}
