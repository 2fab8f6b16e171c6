package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MountProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A site whose targets are full: what write, fsync and close say, against what is read back, also after a restart. */
@Timeout(240)
final class FullSiteTest {
    private static final int KIB = 1024;
    private static final int BASE = 1536 * KIB;
    /** More than all targets hold. */
    private static final int MOST = 80 << 20;

    @TempDir
    private Path temporary;

    private Path mountPoint;

    /** What a program did and was told. */
    private static final class Program {
        private final Random random = new Random(1);
        private final byte[] before;
        private final List<int[]> taken = new ArrayList<>();
        private final byte[] image;
        private boolean wasToldByWrite;
        private boolean isSynced;

        Program(byte[] before, int most) {
            this.before = before;
            this.image = Arrays.copyOf(before, most);
        }

        /** Writes until an error comes, and syncs and closes. */
        void run(Path path, int piece, boolean inPlace) throws IOException {
            FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            ByteBuffer buffer = ByteBuffer.allocateDirect(piece);
            int end = inPlace ? 200 * piece : image.length - piece;
            for (int at = 0; at < end && !wasToldByWrite; at += piece) {
                int offset = inPlace ? at % (before.length - piece) : at;
                byte[] bytes = new byte[piece];
                random.nextBytes(bytes);
                writeAll(file, buffer.clear().put(bytes).flip(), offset);
            }
            isSynced = isTakenOrFull(() -> file.force(false));
            isTakenOrFull(file::close);
        }

        private void writeAll(FileChannel file, ByteBuffer buffer, int offset) {
            int start = buffer.position();
            try {
                while (buffer.hasRemaining()) {
                    int from = buffer.position();
                    int count = file.write(buffer, offset + from - start);
                    buffer.get(from, image, offset + from - start, count);
                    taken.add(new int[] {offset + from - start, count});
                }
            } catch (IOException e) {
                assertTrue(e.getMessage().contains("No space left"), e.getMessage());
                wasToldByWrite = true;
            }
        }

        /** Each byte is old or was written; all are new if that was said. */
        void check(byte[] now) {
            assertTrue(now.length >= before.length, "the file is shorter than before");
            boolean[] mayBeNew = new boolean[now.length];
            int end = before.length;
            for (int[] range : taken) {
                Arrays.fill(mayBeNew, Math.min(now.length, range[0]), Math.min(now.length, range[0] + range[1]), true);
                end = Math.max(end, range[0] + range[1]);
            }
            assertTrue(now.length <= end, "the file is longer than what was written");
            if (isSynced) {
                assertTrue(now.length == end, "fsync said OK, and the end is missing");
            }
            for (int i = 0; i < now.length; i++) {
                byte old = i < before.length ? before[i] : 0;
                boolean holds = now[i] == image[i] || (!isSynced && now[i] == old);
                assertTrue(holds || (mayBeNew[i] && !isSynced), "byte " + i + " is neither old nor new");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"KERNEL, 1048576, false", "KERNEL, 70001, true", "JNR, 1000003, false", "JNR, 4096, true"})
    void shouldTellOfWritesThatFindNoSpace(MountProfile.Backend backend, int piece, boolean inPlace)
            throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        assumeTrue(backend != MountProfile.Backend.JNR || NodeTest.hasLibfuse(), "libfuse2 is not installed");
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        HardwareProfile profile = profile().withBackend(backend);
        byte[] old = new byte[inPlace ? BASE : 0];
        new Random(2).nextBytes(old);
        Program program = new Program(old, inPlace ? BASE : MOST);
        Path path = mountPoint.resolve("file");
        byte[] now;
        try (Node node = start(profile)) {
            if (inPlace) {
                Files.write(path, old);
                assertArrayEquals(old, Files.readAllBytes(path));
                Program filler = new Program(new byte[0], MOST);
                filler.run(mountPoint.resolve("filler"), 1 << 20, false);
                assertFalse(filler.isSynced, "the site took more than it has room for");
            }
            program.run(path, piece, inPlace);
            assertFalse(program.wasToldByWrite && program.isSynced, "fsync said OK after a write that failed");
            now = Files.readAllBytes(path);
            program.check(now);
            node.checkHealthy();
        }
        try (Node node = start(profile)) {
            assertArrayEquals(now, Files.readAllBytes(path), "after a restart");
            node.checkHealthy();
        }
    }

    private Node start(HardwareProfile profile) {
        SiteFolder folder = SiteFolder.of(temporary.resolve("site"));
        return Node.start(
                new NodeOptions(folder, mountPoint, profile),
                StopSignal.detached(),
                new PrintWriter(new StringWriter(), true));
    }

    /** The built-in profile, in small: chunks of 64 KiB, some 20 MiB in all. */
    private HardwareProfile profile() throws IOException {
        try (InputStream in = ProfileLoader.class.getResourceAsStream("embedded.yaml")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("chunkLength: 1MiB", "chunkLength: 64KiB")
                    .replace("maxWrite: 1MiB", "maxWrite: 64KiB")
                    .replace("size: 2GiB", "size: 6MiB");
            return ProfileLoader.load(
                    Files.writeString(temporary.resolve("small.yaml"), text).toString());
        }
    }

    private interface Call {
        void run() throws IOException;
    }

    /** @return whether there was space; no other failure is right. */
    private static boolean isTakenOrFull(Call call) {
        try {
            call.run();
            return true;
        } catch (IOException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
            return false;
        }
    }
}
