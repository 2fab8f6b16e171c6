package org.apollofs.namespace.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.ExpandableDirectByteBuffer;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory with a million entries: made, listed in pages, scanned, looked up. */
class LargeDirectoryTest {
    private static final int ENTRIES = 1_000_000;
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private final CommandEncoder encoder = new CommandEncoder();
    private final ExpandableDirectByteBuffer command = new ExpandableDirectByteBuffer(512);
    private long session;
    private long position;

    private void add(NamespaceState state, int length, long id) {
        CommandHead.stamp(command, 0, session, id, id);
        state.add(++position, position, 0, command, 0, length);
    }

    @Test
    void shouldListAMillionEntriesInPages() {
        try (NamespaceState state = new NamespaceState(directory, 1L << 30)) {
            add(state, encoder.openSession(command, 1, Long.MAX_VALUE / 2), 0);
            state.commit((tag, buffer, offset, length) ->
                    session = encoder.results().done(new org.agrona.concurrent.UnsafeBuffer(buffer, offset, length)));
            for (int i = 0; i < ENTRIES; i++) {
                // Not in order: 7 and a million have no common divisor.
                int number = (int) (7L * i % ENTRIES);
                add(state, encoder.makeNode(command, Inode.ROOT, name(number), 0100644, 0, 0, new byte[0]), i + 1);
                if (state.isFull() || i == ENTRIES - 1) {
                    state.commit((tag, buffer, offset, length) -> {});
                }
            }
            LocalReads reads = state.reads();
            assertEquals(ENTRIES, reads.getAttributes(Inode.ROOT).size());
            list(reads);
            scan(reads);
            assertEquals(0, reads.lookup(Inode.ROOT, name(ENTRIES / 2)).size());
        }
    }

    private static void list(LocalReads reads) {
        int count = 0;
        byte[] after = null;
        DirectoryPage page;
        do {
            page = reads.readDirectory(Inode.ROOT, after, PAGE);
            assertTrue(page.entries().size() <= PAGE);
            for (DirectoryEntry entry : page.entries()) {
                assertTrue(Arrays.equals(name(count), entry.name()), "entry " + count);
                count++;
            }
            after = page.entries().getLast().name();
        } while (page.more());
        assertEquals(ENTRIES, count);
    }

    private static void scan(LocalReads reads) {
        int count = 0;
        byte[] after = null;
        while (true) {
            KeyPage page = reads.scan(new byte[0], after, PAGE, true);
            count += page.entries().size();
            if (page.next() == null) {
                break;
            }
            after = page.next().getBytes(UTF_8);
        }
        assertEquals(ENTRIES, count);
    }

    private static byte[] name(int number) {
        byte[] name = "f0000000".getBytes(UTF_8);
        for (int i = name.length - 1, rest = number; rest > 0; i--, rest /= 10) {
            name[i] = (byte) ('0' + rest % 10);
        }
        return name;
    }
}
