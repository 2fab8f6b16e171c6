package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BlobKeyValueTest {
    private static final int MAX_LENGTH = 4 << 20;

    @TempDir
    Path directory;

    private TestSite site;
    private BlobKeyValue keys;

    @BeforeEach
    void openSite() {
        site = new TestSite(directory, "2+1", 3);
        TestSite.Host host = site.host();
        keys = new BlobKeyValue(host.namespace, host.client, MAX_LENGTH);
    }

    @AfterEach
    void closeSite() {
        site.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private byte[] get(String key) {
        return keys.get(key).orElseThrow().value();
    }

    private long entries() {
        return site.namespace.getAttributes(Inode.ROOT).size();
    }

    @Test
    void shouldHoldValuesOfAnySize() {
        int limit = NamespaceLimits.INLINE_LENGTH;
        long version = 0;
        for (int length : new int[] {0, 100, limit, limit + 1, 1_000_003, 17, 3_000_000}) {
            byte[] value = random(length);
            long put = keys.put("run1/value", value, version);
            assertTrue(put > version);
            version = put;
            assertArrayEquals(value, get("run1/value"), "length=" + length);
            assertEquals(version, keys.get("/run1/value").orElseThrow().version());
        }
        assertEquals(1, keys.scan("", null, 10, true).entries().size());
        assertNull(keys.scan("run1/", null, 10, false).entries().getFirst().value());
    }

    @Test
    void shouldKeepModeAndOwnerAndReplaceWhatWasThere() {
        site.namespace.create(Inode.ROOT, "key".getBytes(StandardCharsets.UTF_8), 0640, 7, 8);
        long version = keys.put("key", random(200_000), KeyValue.ANY_VERSION);
        Inode first = keys.get("key").orElseThrow().inode();
        assertEquals(0640, first.mode() & 07777);
        assertEquals(7, first.uid());
        assertEquals(8, first.gid());
        keys.put("key", random(300_000), version);
        Inode second = keys.get("key").orElseThrow().inode();
        assertNotEquals(first.id(), second.id());
        assertNull(site.namespace.getAttributes(first.id()));
        assertTrue(keys.delete("key", KeyValue.ANY_VERSION));
        assertEquals(0, entries());
    }

    @Test
    void shouldLeaveNothingOfAPutThatFails() {
        byte[] large = random(200_000);
        long version = keys.put("key", large, KeyValue.ABSENT);
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.put("key", random(100_000), KeyValue.ABSENT));
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.put("other", large, 77));
        // Changed by another while the bytes come: seen by the transaction at the end.
        InputStream racing = new EventfulStream(
                150_000, () -> site.namespace.keyValue().put("key", new byte[] {1}, KeyValue.ANY_VERSION));
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.put("key", racing, version));
        InputStream broken = new EventfulStream(100_000, () -> {
            throw new UncheckedIOException(new IOException("broken"));
        });
        assertThrows(UncheckedIOException.class, () -> keys.put("key", broken, KeyValue.ANY_VERSION));
        assertArrayEquals(new byte[] {1}, get("key"));
        assertEquals(1, entries());
        site.namespace.makeDirectory(Inode.ROOT, "dir".getBytes(StandardCharsets.UTF_8), 0755, 0, 0);
        assertError(NamespaceError.IS_DIRECTORY, () -> keys.put("dir", large, KeyValue.ANY_VERSION));
        assertError(NamespaceError.NOT_DIRECTORY, () -> keys.put("key/below", large, KeyValue.ANY_VERSION));
        assertEquals(2, entries());
    }

    @Test
    void shouldCopyToAStream() throws IOException {
        byte[] large = random(MAX_LENGTH + 12_345);
        keys.put("large", large, KeyValue.ANY_VERSION);
        assertError(NamespaceError.VALUE_TOO_LARGE, () -> keys.get("large"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        keys.copyTo(site.namespace.lookup(Inode.ROOT, "large".getBytes(StandardCharsets.UTF_8)), out);
        assertArrayEquals(large, out.toByteArray());
    }

    /** Bytes, and something that happens at their end. */
    private static final class EventfulStream extends ByteArrayInputStream {
        private final Runnable atEnd;

        EventfulStream(int length, Runnable atEnd) {
            super(random(length));
            this.atEnd = atEnd;
        }

        @Override
        public synchronized int read(byte[] to, int offset, int length) {
            int count = super.read(to, offset, length);
            if (count < 0) {
                atEnd.run();
            }
            return count;
        }
    }

    private static void assertError(NamespaceError expected, org.junit.jupiter.api.function.Executable executable) {
        NamespaceException thrown = assertThrows(NamespaceException.class, executable);
        assertEquals(expected, thrown.error(), thrown.getMessage());
    }
}
