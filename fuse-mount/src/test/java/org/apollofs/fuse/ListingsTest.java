package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.local.LocalNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingsTest {
    @TempDir
    Path directory;

    private LocalNamespace namespace;
    private MemoryDataClient data;
    private ApolloFileSystem fileSystem;
    private long handle;
    private long offset;

    @BeforeEach
    void open() {
        namespace = LocalNamespace.open(directory, new SystemEpochNanoClock());
        data = new MemoryDataClient(namespace, 1, 4096);
        fileSystem = new ApolloFileSystem(namespace, data);
        handle = fileSystem.openDirectory(Inode.ROOT);
    }

    @AfterEach
    void close() {
        fileSystem.releaseDirectory(handle);
        data.close();
        namespace.close();
    }

    private static byte[] name(int number) {
        return String.format("%06d", number).getBytes(UTF_8);
    }

    private void make(int number) {
        namespace.create(Inode.ROOT, name(number), 0644, 0, 0);
    }

    /** Lists at most {@code limit} entries from {@link #offset} on, as the kernel would with a small buffer. */
    private List<String> next(int limit) {
        List<String> names = new ArrayList<>();
        fileSystem.readDirectory(handle, offset, limit, (name, inode, mode, attributes, nextOffset) -> {
            if (names.size() == limit) {
                return false;
            }
            names.add(new String(name, UTF_8));
            offset = nextOffset;
            return true;
        });
        return names;
    }

    @Test
    void shouldListAllInOrderWhateverTheBuffer() {
        for (int i = 0; i < 300; i++) {
            make(i);
        }
        for (int limit : new int[] {1, 7, 100, 1000}) {
            offset = 0;
            List<String> all = new ArrayList<>();
            for (List<String> page = next(limit); !page.isEmpty(); page = next(limit)) {
                all.addAll(page);
            }
            assertEquals(302, all.size());
            assertEquals(List.of(".", ".."), all.subList(0, 2));
            assertEquals(new ArrayList<>(new TreeSet<>(all)), all, "in order, none twice");
        }
    }

    @Test
    void shouldNeitherSkipNorRepeatWhileNamesComeAndGo() {
        long seed = 42;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i += 2) {
            make(i);
        }
        // What is there all along must be listed exactly once: the numbers divisible by 10.
        Set<String> seen = new HashSet<>();
        for (List<String> page = next(13); !page.isEmpty(); page = next(13)) {
            for (String name : page) {
                assertTrue(seen.add(name), "twice: " + name + ", seed=" + seed);
            }
            for (int i = 0; i < 5; i++) {
                int number = random.nextInt(2000);
                boolean exists = namespace.lookup(Inode.ROOT, name(number)) != null;
                if (!exists) {
                    make(number);
                } else if (number % 10 != 0) {
                    namespace.unlink(Inode.ROOT, name(number), false);
                }
            }
        }
        for (int i = 0; i < 2000; i += 10) {
            assertTrue(seen.contains(new String(name(i), UTF_8)), "skipped: " + i + ", seed=" + seed);
        }
    }

    @Test
    void shouldGoBackToAnEarlierOffset() {
        for (int i = 0; i < 100; i++) {
            make(i);
        }
        next(12);
        long mark = offset;
        List<String> first = next(20);
        next(30);
        namespace.unlink(Inode.ROOT, name(3), false);
        offset = mark;
        assertEquals(first, next(20), "a name removed before the offset must not shift it");
    }
}
