package org.apollofs.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.fuse.Backend;
import org.apollofs.fuse.FuserMount;
import org.apollofs.fuse.MemoryDataClient;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountFixture;
import org.apollofs.fuse.MountTable;
import org.apollofs.namespace.local.LocalNamespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mounting through fusermount3, as it is done for a user who may not mount. */
@Timeout(60)
class HelperMountTest {
    private static final int MAX_READ = 1 << 20;

    @TempDir
    Path scratch;

    @Test
    void shouldMountWithTheDescriptorThatTheHelperSends() throws IOException {
        Optional<Path> program = FuserMount.find();
        assumeTrue(program.isPresent() && Files.isWritable(Path.of("/dev/fuse")), "needs fusermount3 and /dev/fuse");
        Path root = Files.createDirectory(scratch.resolve("mnt")).toRealPath();
        LocalNamespace namespace = LocalNamespace.open(scratch.resolve("namespace"), new SystemEpochNanoClock());
        MemoryDataClient data = new MemoryDataClient(namespace, 16, MAX_READ);
        try (MountFixture fixture = new MountFixture(
                root,
                Backend.KERNEL,
                namespace,
                data,
                2,
                context -> KernelMount.mounted(
                        context.conclude(), root, FuseDevice.mountThrough(program.get(), root, MAX_READ)))) {
            Files.writeString(root.resolve("f"), "through the helper");
            assertEquals("through the helper", fixture.shell("cat f"));
            assertTrue(MountTable.at(root).orElseThrow().isApollo());
        }
        assertTrue(MountTable.at(root).isEmpty());
        data.close();
        namespace.close();
    }

    @Test
    void shouldSayWhenTheHelperRefuses() {
        Optional<Path> program = FuserMount.find();
        assumeTrue(program.isPresent(), "needs fusermount3");
        MountException refused = assertThrows(
                MountException.class,
                () -> FuseDevice.mountThrough(program.get(), scratch.resolve("absent"), MAX_READ));
        assertEquals(MountException.Reason.NOT_PERMITTED, refused.reason());
    }
}
