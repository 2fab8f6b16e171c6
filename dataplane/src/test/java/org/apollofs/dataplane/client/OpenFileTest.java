package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apollofs.dataplane.layout.StripeLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OpenFileTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"1+0", "1+1", "1+2", "2+1", "4+2", "8+2", "3+0"})
    void shouldReadBackWhatWasWritten(String layout) {
        int width = StripeLayout.parse(layout, TestSite.CHUNK).width();
        try (TestSite site = new TestSite(directory, layout, width)) {
            TestSite.Host host = site.host();
            byte[] bytes = random(1, 3_000_001);
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            for (int at = 0; at < bytes.length; at += TestSite.CHUNK) {
                TestSite.writeSlab(host, file, at, bytes, at, Math.min(TestSite.CHUNK, bytes.length - at));
            }
            assertArrayEquals(bytes, TestSite.readAll(file, 128 * 1024));
            file.fsync();
            assertEquals(bytes.length, site.namespace.getAttributes(inode).size());
            assertArrayEquals(bytes, TestSite.readAll(file, 100_000));
            file.release();

            TestSite.Host other = site.host();
            OpenFile same = other.client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(same, 256 * 1024));
            same.release();
        }
    }

    /** What a small file holds may fill a chunk, when it becomes large with a write that is a chunk of its own. */
    @Test
    void shouldBecomeLargeWithAFullChunk() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host(context -> context.inlineLimit(TestSite.CHUNK));
            byte[] bytes = random(4, 5 * TestSite.CHUNK);
            long inode = site.create();
            OpenFile file = host.client.open(inode, false);
            for (int at = 0; at < bytes.length; at += TestSite.CHUNK) {
                TestSite.writeSlab(host, file, at, bytes, at, TestSite.CHUNK);
            }
            file.fsync();
            file.release();
            OpenFile same = site.host().client.open(inode, false);
            assertArrayEquals(bytes, TestSite.readAll(same, 256 * 1024));
            same.release();
        }
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldKeepSmallFilesInTheNamespace() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            long inode = site.create();
            OpenFile file = host.client.open(inode, true);
            TestSite.write(file, 0, random(2, 1000));
            TestSite.write(file, 500, random(3, 1000));
            file.flush();
            file.release();
            assertEquals(1500, site.namespace.getAttributes(inode).inlineLength());
            assertEquals(0, site.totalChunks());
        }
    }
}
