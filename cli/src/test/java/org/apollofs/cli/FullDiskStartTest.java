package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk that is full at the start: the operator reads that, and no part of what follows from it. */
@Timeout(300)
final class FullDiskStartTest {
    private static final long TARGET_BYTES = 64L << 20;
    private static final long FILE_SYSTEM_BYTES = 3L << 30;

    @TempDir
    private Path temporary;

    @BeforeEach
    void needsDisks() {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
    }

    /** Takes all space but some. */
    private static Path fill(PowerCutFileSystem disk, long left) throws IOException {
        Path filler = Files.createFile(disk.root().resolve("filler"));
        long length = Files.getFileStore(filler).getUsableSpace() - left;
        Shell.run("fallocate", "-l", Long.toString(length), filler.toString());
        return filler;
    }

    private static void assertFull(Executable start) {
        CommandFailure failure = Failures.explain(assertThrows(RuntimeException.class, start));
        String words = failure.getMessage();
        assertEquals(ExitCode.NO_SPACE, failure.exitCode(), words);
        assertTrue(words.contains("disk is full") || words.contains("No space left on device"), words);
    }

    /** By what is left, different parts are the first to fail. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 20, 12 << 20})
    void shouldSayThatTheDiskOfASiteIsFull(long left) throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        HardwareProfile profile = ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES);
        Path mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES)) {
            SiteFolder folder = SiteFolder.of(disk.root().resolve("site"));
            NodeOptions options = new NodeOptions(folder, mountPoint, profile);
            try (Node node = start(options)) {
                Files.writeString(mountPoint.resolve("file"), "before");
                node.checkHealthy();
            }
            Path filler = fill(disk, left);
            assertFull(() -> start(options).close());
            Files.delete(filler);
            try (Node node = start(options)) {
                assertEquals("before", Files.readString(mountPoint.resolve("file")));
                node.checkHealthy();
            }
        }
    }

    @Test
    void shouldSayThatTheDiskOfAMemberIsFull() throws IOException {
        Path file = MemberVictims.writeProfile(temporary, 1);
        HardwareProfile profile = ProfileLoader.load(file.toString());
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES)) {
            try (MemberNode node = start(profile, disk, StopSignal.detached());
                    NamespaceConnection connection = NamespaceConnection.ofMembers(profile)) {
                connection.keyValue().put("k", new byte[1], KeyValue.ABSENT);
                node.checkHealthy();
            }
            Path filler = fill(disk, 1 << 20);
            assertFull(() -> {
                StopSignal stop = StopSignal.detached();
                try (MemberNode node = start(profile, disk, stop)) {
                    stop.await();
                    node.checkHealthy();
                }
            });
            Files.delete(filler);
            try (MemberNode node = start(profile, disk, StopSignal.detached());
                    NamespaceConnection connection = NamespaceConnection.ofMembers(profile)) {
                assertTrue(connection.keyValue().get("k").isPresent());
                node.checkHealthy();
            }
        }
    }

    private static Node start(NodeOptions options) {
        return Node.start(options, StopSignal.detached(), new PrintWriter(new StringWriter()));
    }

    private static MemberNode start(HardwareProfile profile, PowerCutFileSystem disk, StopSignal stop) {
        return MemberNode.start(profile, 0, disk.root(), null, stop, new PrintWriter(new StringWriter()));
    }
}
