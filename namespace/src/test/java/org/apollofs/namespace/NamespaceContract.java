package org.apollofs.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apollofs.namespace.client.Inode.ROOT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.PlacementTable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** What every {@link Namespace} must do, however it is hosted. Tests share one tree and keep to a directory of their own. */
@Timeout(60)
public abstract class NamespaceContract {
    private static final AtomicInteger DIRECTORIES = new AtomicInteger();
    private static final int K = 2;
    private static final int STRIDE = 100;

    private Namespace namespace;
    private KeyValue keys;
    private long home;
    private String homeName;

    /** A new session on the tree. */
    protected abstract Namespace connect();

    @BeforeEach
    void openSession() {
        namespace = connect();
        keys = namespace.keyValue();
        homeName = "home" + DIRECTORIES.incrementAndGet();
        home = namespace.makeDirectory(ROOT, name(homeName), 0755, 1, 2).id();
    }

    @AfterEach
    void closeSession() {
        namespace.close();
    }

    // Names.

    @Test
    void shouldKnowTheRoot() {
        Inode root = namespace.getAttributes(ROOT);
        assertTrue(root.isDirectory());
        assertEquals(0755, root.mode() & 07777);
        assertTrue(root.linkCount() >= 3);
    }

    @Test
    void shouldCreateAndLookUpAFile() {
        Inode made = namespace.create(home, name("a"), 0640, 7, 8);
        assertTrue(made.isRegular());
        assertEquals(0640, made.mode() & 07777);
        assertEquals(7, made.uid());
        assertEquals(8, made.gid());
        assertEquals(1, made.linkCount());
        assertEquals(0, made.size());
        assertEquals(made.ctimeNs(), made.mtimeNs());
        assertEquals(made, namespace.lookup(home, name("a")));
        assertEquals(made, namespace.getAttributes(made.id()));
        assertNull(namespace.lookup(home, name("b")));
        assertNull(namespace.getAttributes(made.id() + 1_000_000));
        Inode parent = namespace.getAttributes(home);
        assertEquals(made.ctimeNs(), parent.mtimeNs());
        assertEquals(made.version(), parent.version());
        assertEquals(1, parent.size());
    }

    @Test
    void shouldRefuseToCreateWhereItCannot() {
        Inode file = namespace.create(home, name("a"), 0644, 0, 0);
        assertError(NamespaceError.EXISTS, () -> namespace.create(home, name("a"), 0644, 0, 0));
        assertError(NamespaceError.NOT_DIRECTORY, () -> namespace.create(file.id(), name("x"), 0644, 0, 0));
        assertError(NamespaceError.NOT_FOUND, () -> namespace.create(1L << 40, name("x"), 0644, 0, 0));
        assertError(NamespaceError.NOT_DIRECTORY, () -> lookup(file.id(), "x"));
        assertError(NamespaceError.NOT_FOUND, () -> lookup(1L << 40, "x"));
    }

    @Test
    void shouldRefuseWhatIsNoName() {
        for (String bad : List.of("", ".", "..", "a/b", "a\0b")) {
            assertError(NamespaceError.INVALID, () -> namespace.create(home, name(bad), 0644, 0, 0));
        }
        byte[] longest = new byte[NamespaceLimits.NAME_LENGTH];
        Arrays.fill(longest, (byte) 'n');
        assertEquals(namespace.create(home, longest, 0644, 0, 0), namespace.lookup(home, longest));
        byte[] tooLong = new byte[NamespaceLimits.NAME_LENGTH + 1];
        Arrays.fill(tooLong, (byte) 'n');
        assertError(NamespaceError.NAME_TOO_LONG, () -> namespace.create(home, tooLong, 0644, 0, 0));
        assertError(NamespaceError.NAME_TOO_LONG, () -> assertNull(namespace.lookup(home, tooLong)));
    }

    @Test
    void shouldKeepNamesAsBytes() {
        byte[] odd = {(byte) 0xFF, 'x', (byte) 0x80, '\n'};
        Inode made = namespace.create(home, odd, 0644, 0, 0);
        assertEquals(made, namespace.lookup(home, odd));
        assertArrayEquals(odd, page(home, null, 10).entries().getFirst().name());
    }

    @Test
    void shouldLimitPaths() {
        long directory = home;
        byte[] longest = new byte[NamespaceLimits.NAME_LENGTH];
        Arrays.fill(longest, (byte) 'd');
        int length = homeName.length();
        while (length + 1 + longest.length <= NamespaceLimits.PATH_LENGTH) {
            directory = namespace.makeDirectory(directory, longest, 0755, 0, 0).id();
            length += 1 + longest.length;
        }
        long deepest = directory;
        assertError(NamespaceError.PATH_TOO_LONG, () -> namespace.create(deepest, longest, 0644, 0, 0));
        assertError(NamespaceError.PATH_TOO_LONG, () -> keys.put("p".repeat(4097), new byte[1], KeyValue.ANY_VERSION));
        assertError(NamespaceError.PATH_TOO_LONG, () -> keys.get("p".repeat(4097)));
    }

    @Test
    void shouldMakeAndRemoveDirectories() {
        Inode made = namespace.makeDirectory(home, name("d"), 0700, 3, 4);
        assertTrue(made.isDirectory());
        assertEquals(2, made.linkCount());
        assertEquals(3, namespace.getAttributes(home).linkCount());
        Inode inner = namespace.create(made.id(), name("f"), 0644, 0, 0);
        assertError(NamespaceError.NOT_EMPTY, () -> namespace.removeDirectory(home, name("d")));
        assertError(NamespaceError.IS_DIRECTORY, () -> namespace.unlink(home, name("d"), false));
        assertError(NamespaceError.NOT_DIRECTORY, () -> namespace.removeDirectory(made.id(), name("f")));
        assertError(NamespaceError.NOT_FOUND, () -> namespace.removeDirectory(home, name("x")));
        namespace.unlink(made.id(), name("f"), false);
        assertNull(namespace.getAttributes(inner.id()));
        namespace.removeDirectory(home, name("d"));
        assertNull(namespace.getAttributes(made.id()));
        assertEquals(2, namespace.getAttributes(home).linkCount());
        assertEquals(0, namespace.getAttributes(home).size());
    }

    @Test
    void shouldHoldSymbolicLinks() {
        Inode link = namespace.symlink(home, name("l"), name("../somewhere"), 5, 6);
        assertEquals(Inode.SYMLINK, link.mode() & Inode.TYPE_MASK);
        assertEquals(12, link.size());
        assertArrayEquals(name("../somewhere"), namespace.readContent(link.id()).inline());
        assertError(NamespaceError.INVALID, () -> keys.put(homeName + "/l", new byte[1], KeyValue.ANY_VERSION));
        assertError(NamespaceError.INVALID, () -> keys.get(homeName + "/l"));
        assertError(NamespaceError.INVALID, () -> namespace.symlink(home, name("m"), new byte[0], 0, 0));
        assertError(NamespaceError.VALUE_TOO_LARGE, () -> namespace.symlink(home, name("m"), new byte[4096], 0, 0));
        namespace.unlink(home, name("l"), false);
        assertNull(namespace.getAttributes(link.id()));
    }

    @Test
    void shouldGiveAFileSeveralNames() {
        Inode file = commitInline(namespace.create(home, name("a"), 0644, 0, 0).id(), "content");
        long other = namespace.makeDirectory(home, name("d"), 0755, 0, 0).id();
        assertEquals(2, namespace.link(file.id(), home, name("b")).linkCount());
        assertEquals(3, namespace.link(file.id(), other, name("c")).linkCount());
        assertError(NamespaceError.EXISTS, () -> namespace.link(file.id(), home, name("b")));
        assertError(NamespaceError.NOT_PERMITTED, () -> namespace.link(other, home, name("e")));
        assertEquals(2, namespace.unlink(home, name("a"), false).linkCount());
        assertEquals(1, namespace.unlink(home, name("b"), false).linkCount());
        assertEquals("content", value(homeName + "/d/c"));
        assertEquals(0, namespace.unlink(other, name("c"), false).linkCount());
        assertNull(namespace.getAttributes(file.id()));
    }

    @Test
    void shouldKeepAnUnlinkedFileThatIsOpen() {
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commitInline(file, "content");
        Inode unlinked = namespace.unlink(home, name("a"), true);
        assertEquals(0, unlinked.linkCount());
        assertNull(namespace.lookup(home, name("a")));
        assertArrayEquals(name("content"), namespace.readContent(file).inline());
        commitInline(file, "more");
        assertError(NamespaceError.NOT_FOUND, () -> namespace.link(file, home, name("b")));
        namespace.releaseUnlinked(file);
        assertNull(namespace.getAttributes(file));
        namespace.releaseUnlinked(file);
        assertError(NamespaceError.NOT_FOUND, () -> commitInline(file, "late"));
    }

    @Test
    void shouldDropUnlinkedFilesWithTheSession() {
        Namespace other = connect();
        long file = other.create(home, name("a"), 0644, 0, 0).id();
        other.unlink(home, name("a"), true);
        namespace.releaseUnlinked(file);
        assertNotNull(namespace.getAttributes(file));
        other.close();
        assertNull(namespace.getAttributes(file));
    }

    // Renames.

    @Test
    void shouldRename() {
        Inode file = namespace.create(home, name("a"), 0644, 0, 0);
        long other = namespace.makeDirectory(home, name("d"), 0755, 0, 0).id();
        assertNull(namespace.rename(home, name("a"), other, name("b"), 0, false));
        assertNull(namespace.lookup(home, name("a")));
        assertEquals(file.id(), lookup(other, "b").id());
        assertEquals(1, namespace.getAttributes(home).size());
        assertEquals(1, namespace.getAttributes(other).size());
        assertError(NamespaceError.NOT_FOUND, () -> namespace.rename(home, name("a"), other, name("b"), 0, false));
        assertError(NamespaceError.INVALID, () -> namespace.rename(other, name("b"), other, name("c"), 3, false));
    }

    @Test
    void shouldRenameOverAFile() {
        Inode moved = namespace.create(home, name("a"), 0644, 0, 0);
        Inode replaced = namespace.create(home, name("b"), 0644, 0, 0);
        Inode gone = namespace.rename(home, name("a"), home, name("b"), 0, false);
        assertEquals(replaced.id(), gone.id());
        assertEquals(0, gone.linkCount());
        assertEquals(moved.id(), lookup(home, "b").id());
        assertNull(namespace.getAttributes(replaced.id()));
        assertEquals(1, namespace.getAttributes(home).size());

        Inode next = namespace.create(home, name("c"), 0644, 0, 0);
        namespace.rename(home, name("c"), home, name("b"), 0, true);
        assertNotNull(namespace.getAttributes(moved.id()));
        assertEquals(next.id(), lookup(home, "b").id());
        namespace.releaseUnlinked(moved.id());
        assertNull(namespace.getAttributes(moved.id()));
    }

    @Test
    void shouldRenameWithoutReplacing() {
        namespace.create(home, name("a"), 0644, 0, 0);
        namespace.create(home, name("b"), 0644, 0, 0);
        int flags = Namespace.RENAME_NOREPLACE;
        assertError(NamespaceError.EXISTS, () -> namespace.rename(home, name("a"), home, name("b"), flags, false));
        assertNull(namespace.rename(home, name("a"), home, name("c"), flags, false));
        assertNotNull(namespace.lookup(home, name("c")));
    }

    @Test
    void shouldExchange() {
        long left = namespace.makeDirectory(home, name("left"), 0755, 0, 0).id();
        long right = namespace.makeDirectory(home, name("right"), 0755, 0, 0).id();
        Inode file = namespace.create(left, name("x"), 0644, 0, 0);
        Inode directory = namespace.makeDirectory(right, name("y"), 0755, 0, 0);
        int flags = Namespace.RENAME_EXCHANGE;
        assertNull(namespace.rename(left, name("x"), right, name("y"), flags, false));
        assertEquals(directory.id(), lookup(left, "x").id());
        assertEquals(file.id(), lookup(right, "y").id());
        assertEquals(3, namespace.getAttributes(left).linkCount());
        assertEquals(2, namespace.getAttributes(right).linkCount());
        assertError(NamespaceError.NOT_FOUND, () -> namespace.rename(left, name("x"), home, name("z"), flags, false));
        assertError(NamespaceError.LOOP, () -> namespace.rename(home, name("left"), left, name("x"), flags, false));
        assertError(NamespaceError.LOOP, () -> namespace.rename(left, name("x"), home, name("left"), flags, false));
    }

    @Test
    void shouldRenameDirectories() {
        long a = namespace.makeDirectory(home, name("a"), 0755, 0, 0).id();
        long b = namespace.makeDirectory(home, name("b"), 0755, 0, 0).id();
        long inner = namespace.makeDirectory(a, name("inner"), 0755, 0, 0).id();
        assertError(NamespaceError.LOOP, () -> namespace.rename(home, name("a"), inner, name("x"), 0, false));
        assertError(NamespaceError.LOOP, () -> namespace.rename(home, name("a"), a, name("x"), 0, false));
        assertError(NamespaceError.NOT_EMPTY, () -> namespace.rename(home, name("b"), home, name("a"), 0, false));
        namespace.create(home, name("f"), 0644, 0, 0);
        assertError(NamespaceError.IS_DIRECTORY, () -> namespace.rename(home, name("f"), home, name("b"), 0, false));
        assertError(NamespaceError.NOT_DIRECTORY, () -> namespace.rename(home, name("b"), home, name("f"), 0, false));
        // Over an empty directory.
        assertEquals(
                b, namespace.rename(home, name("a"), home, name("b"), 0, false).id());
        assertNull(namespace.getAttributes(b));
        assertEquals(a, lookup(home, "b").id());
        assertEquals(3, namespace.getAttributes(home).linkCount());
        // Into another directory: the link counts go along.
        long c = namespace.makeDirectory(home, name("c"), 0755, 0, 0).id();
        namespace.rename(a, name("inner"), c, name("inner"), 0, false);
        assertEquals(2, namespace.getAttributes(a).linkCount());
        assertEquals(3, namespace.getAttributes(c).linkCount());
        keys.put(homeName + "/c/inner/k", name("v"), KeyValue.ABSENT);
        assertEquals("v", value(homeName + "/c/inner/k"));
    }

    @Test
    void shouldDoNothingWhenBothNamesAreOneFile() {
        Inode file = namespace.create(home, name("a"), 0644, 0, 0);
        namespace.link(file.id(), home, name("b"));
        assertNull(namespace.rename(home, name("a"), home, name("b"), 0, false));
        assertNull(namespace.rename(home, name("a"), home, name("a"), 0, false));
        assertEquals(2, lookup(home, "a").linkCount());
        assertEquals(file.id(), lookup(home, "b").id());
    }

    // Directories.

    @Test
    void shouldListDirectoriesInPages() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            expected.add(String.format("f%02d", i));
        }
        for (int i = 24; i >= 0; i--) {
            namespace.create(home, name(expected.get(i)), 0644, 0, 0);
        }
        List<String> listed = new ArrayList<>();
        byte[] after = null;
        DirectoryPage page;
        do {
            page = page(home, after, 10);
            page.entries().forEach(entry -> listed.add(new String(entry.name(), UTF_8)));
            after = page.entries().getLast().name();
        } while (page.more());
        assertEquals(expected, listed);
        DirectoryEntry last = page.entries().getLast();
        assertEquals(last.inode(), namespace.lookup(home, last.name()));
        assertTrue(page(home, name("f24"), 10).entries().isEmpty());
        assertEquals(
                "f01",
                new String(page(home, name("f00x"), 1).entries().getFirst().name(), UTF_8));
        long empty = namespace.makeDirectory(home, name("e"), 0755, 0, 0).id();
        assertTrue(page(empty, null, 10).entries().isEmpty());
        assertError(NamespaceError.NOT_FOUND, () -> page(1L << 40, null, 1));
        assertError(NamespaceError.NOT_DIRECTORY, () -> page(last.inode().id(), null, 1));
    }

    // Attributes.

    @Test
    void shouldSetAttributes() {
        Inode file = namespace.create(home, name("a"), 0644, 0, 0);
        long keep = AttributeChange.KEEP;
        Inode changed = namespace.setAttributes(file.id(), new AttributeChange(04755, 10, 20, keep, 111, 222));
        assertEquals(Inode.REGULAR | 04755, changed.mode());
        assertEquals(10, changed.uid());
        assertEquals(20, changed.gid());
        assertEquals(111, changed.atimeNs());
        assertEquals(222, changed.mtimeNs());
        assertTrue(changed.ctimeNs() >= file.ctimeNs());
        assertTrue(changed.version() > file.version());
        assertEquals(file.contentVersion(), changed.contentVersion());
        Inode now = namespace.setAttributes(
                file.id(), new AttributeChange(keep, keep, keep, keep, AttributeChange.NOW, keep));
        assertEquals(now.ctimeNs(), now.atimeNs());
        assertEquals(222, now.mtimeNs());
        assertError(NamespaceError.NOT_FOUND, () -> namespace.setAttributes(1L << 40, AttributeChange.size(0)));
        assertError(NamespaceError.IS_DIRECTORY, () -> namespace.setAttributes(home, AttributeChange.size(0)));
        assertError(NamespaceError.INVALID, () -> namespace.setAttributes(file.id(), AttributeChange.size(-1)));
    }

    @Test
    void shouldTruncateInlineContent() {
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commitInline(file, "abcdef");
        Inode cut = namespace.setAttributes(file, AttributeChange.size(3));
        assertEquals(3, cut.size());
        assertEquals(3, cut.inlineLength());
        assertEquals("abc", value(homeName + "/a"));
        namespace.setAttributes(file, AttributeChange.size(5));
        assertEquals("abc\0\0", value(homeName + "/a"));
        namespace.setAttributes(file, AttributeChange.size(0));
        assertEquals("", value(homeName + "/a"));
        namespace.setAttributes(file, AttributeChange.size(1L << 40));
        assertNull(keys.get(homeName + "/a").orElseThrow().value());
    }

    // Content.

    @Test
    void shouldCommitExtents() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        Extent first = extent(0, 1000, 1, 0, 0, placement);
        Inode after = commit(file, 1000, first);
        assertEquals(1000, after.size());
        assertEquals(1, after.extentCount());
        assertEquals(after.version(), after.contentVersion());
        assertEquals(List.of(first), content(file).extents());

        // Laid over the middle: the old one is split, and stripes 3 to 4 fall free.
        Extent middle = extent(300, 400, 50, 0, 0, placement);
        commit(file, 700, middle);
        assertEquals(
                List.of(first.slice(0, 300, K), middle, first.slice(700, 1000, K)),
                content(file).extents());
        assertEquals(1000, content(file).inode().size());
        assertEquals(List.of(run(session, 3, 1, placement)), freed(session));
        assertEquals(List.of(), freed(session));
    }

    @Test
    void shouldMergeARunThatGoesOn() {
        int placement = placement();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commit(file, 300, extent(0, 300, 1, 0, 0, placement));
        commit(file, 500, extent(300, 200, 2, 1, 0, placement));
        assertEquals(List.of(extent(0, 500, 1, 0, 0, placement)), content(file).extents());
        commit(file, 600, extent(500, 100, 4, 0, 0, placement));
        assertEquals(2, content(file).inode().extentCount());
    }

    @Test
    void shouldFreeStripesOnTruncateAndUnlink() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commit(file, 1000, extent(0, 1000, 10, 0, 0, placement));
        Inode cut = namespace.setAttributes(file, AttributeChange.size(450));
        assertEquals(450, cut.size());
        // Bytes 400 to 450 are in chunk 4, of stripe 12: it is still needed.
        assertEquals(List.of(run(session, 13, 2, placement)), freed(session));
        namespace.setAttributes(file, AttributeChange.size(1000));
        assertEquals(List.of(extent(0, 450, 10, 0, 0, placement)), content(file).extents());
        namespace.unlink(home, name("a"), false);
        assertEquals(List.of(run(session, 10, 3, placement)), freed(session));
    }

    @Test
    void shouldKeepTheContentOfAnOpenUnlinkedFile() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commit(file, 200, extent(0, 200, 1, 0, 0, placement));
        namespace.unlink(home, name("a"), true);
        assertEquals(List.of(), freed(session));
        assertEquals(1, content(file).extents().size());
        namespace.releaseUnlinked(file);
        assertEquals(List.of(run(session, 1, 1, placement)), freed(session));
    }

    @Test
    void shouldReplaceContent() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commit(file, 1000, extent(0, 1000, 1, 0, 0, placement));
        ContentCommit replacing =
                new ContentCommit(file, true, ContentCommit.ANY_VERSION, name("tiny"), List.of(), 4, ContentCommit.NOW);
        Inode after = namespace.commit(replacing);
        assertEquals(4, after.size());
        assertEquals(0, after.extentCount());
        assertEquals(4, after.inlineLength());
        assertEquals(List.of(run(session, 1, 5, placement)), freed(session));
        assertEquals("tiny", value(homeName + "/a"));
    }

    @Test
    void shouldNotFreeWhatIsCommittedAgain() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        Extent all = extent(0, 1000, 1, 0, 0, placement);
        commit(file, 1000, all);
        commit(file, 1000, all);
        assertEquals(List.of(all), content(file).extents());
        namespace.commit(new ContentCommit(file, true, ContentCommit.ANY_VERSION, null, List.of(all), 1000, 5));
        assertEquals(5, content(file).inode().mtimeNs());
        assertEquals(List.of(), freed(session));
    }

    @Test
    void shouldLayExtentsOverInlineBytes() {
        int placement = placement();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commitInline(file, "0123456789");
        commit(file, 8, extent(5, 3, 1, 0, 0, placement));
        FileContent content = content(file);
        assertEquals(10, content.inode().size());
        assertArrayEquals(name("0123456789"), content.inline());
        assertEquals(1, content.extents().size());
        assertNull(keys.get(homeName + "/a").orElseThrow().value());
    }

    @Test
    void shouldRefuseUnsoundCommits() {
        int placement = placement();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        Extent sound = extent(0, 100, 1, 0, 0, placement);
        assertError(NamespaceError.INVALID, () -> commit(file, 99, sound));
        assertError(NamespaceError.INVALID, () -> commit(file, 100, extent(0, 100, 1, 0, 0, placement + 1000)));
        assertError(NamespaceError.INVALID, () -> commit(file, 100, extent(0, 100, 1, K, 0, placement)));
        assertError(NamespaceError.INVALID, () -> commit(file, 100, extent(0, 100, 1, 0, STRIDE, placement)));
        assertError(NamespaceError.INVALID, () -> commit(file, 100, extent(-1, 100, 1, 0, 0, placement)));
        assertError(NamespaceError.INVALID, () -> commit(file, 100, extent(0, 0, 1, 0, 0, placement)));
        assertError(NamespaceError.IS_DIRECTORY, () -> commit(home, 100, sound));
        assertError(NamespaceError.NOT_FOUND, () -> commit(1L << 40, 100, sound));
        ContentCommit stale = new ContentCommit(file, false, 1, null, List.of(sound), 100, ContentCommit.NOW);
        assertError(NamespaceError.VERSION_MISMATCH, () -> namespace.commit(stale));
        ContentCommit bare =
                new ContentCommit(file, false, ContentCommit.ANY_VERSION, name("x"), List.of(), 1, ContentCommit.NOW);
        assertError(NamespaceError.INVALID, () -> namespace.commit(bare));
        byte[] large = new byte[NamespaceLimits.INLINE_LENGTH + 1];
        ContentCommit tooLarge =
                new ContentCommit(file, true, ContentCommit.ANY_VERSION, large, List.of(), large.length, 0);
        assertError(NamespaceError.VALUE_TOO_LARGE, () -> namespace.commit(tooLarge));
        List<Extent> many = new ArrayList<>();
        for (int i = 0; i < 30_000; i++) {
            many.add(extent(i * 100L, 100, 1 + i, 0, 0, placement));
        }
        ContentCommit huge =
                new ContentCommit(file, true, ContentCommit.ANY_VERSION, null, many, 3_000_000, ContentCommit.NOW);
        assertError(NamespaceError.TRANSACTION_TOO_LARGE, () -> namespace.commit(huge));
        assertEquals(0, namespace.getAttributes(file).size());
    }

    @Test
    void shouldCommitInlineAtAVersion() {
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        Inode first = commitInline(file, "first");
        ContentCommit next =
                new ContentCommit(file, false, first.contentVersion(), name("second"), List.of(), 6, ContentCommit.NOW);
        Inode second = namespace.commit(next);
        assertEquals("second", value(homeName + "/a"));
        assertTrue(second.contentVersion() > first.contentVersion());
        assertError(NamespaceError.VERSION_MISMATCH, () -> namespace.commit(next));
    }

    @Test
    void shouldHoldLargeCommits() {
        int placement = placement();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        List<Extent> many = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            many.add(extent(i * 100L, 100, 2L * i, 0, 0, placement));
        }
        namespace.commit(
                new ContentCommit(file, true, ContentCommit.ANY_VERSION, null, many, 1_000_000, ContentCommit.NOW));
        for (int i = 10_000; i < 20_000; i++) {
            many.add(extent(i * 100L, 100, 2L * i, 0, 0, placement));
        }
        Inode after = commit(file, 2_000_000, many.subList(10_000, 20_000).toArray(new Extent[0]));
        assertEquals(20_000, after.extentCount());
        assertEquals(many, content(file).extents());
        namespace.unlink(home, name("a"), false);
        long count = 0;
        for (FreedRun run : freed(namespace.session())) {
            count += run.stripeCount();
        }
        assertEquals(20_000, count);
    }

    // Keys.

    @Test
    void shouldPutAndGet() {
        String key = homeName + "/run1/latest";
        assertTrue(keys.get(key).isEmpty());
        long version = keys.put(key, name("1000"), KeyValue.ABSENT);
        KeyValue.Value value = keys.get(key).orElseThrow();
        assertArrayEquals(name("1000"), value.value());
        assertEquals(version, value.version());
        assertEquals(version, keys.get("/" + key).orElseThrow().version());
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.put(key, name("x"), KeyValue.ABSENT));
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.put(key, name("x"), version + 1));
        long next = keys.put(key, name("2000"), version);
        assertTrue(next > version);
        assertEquals("2000", value(key));
        assertTrue(keys.put(key, new byte[0], KeyValue.ANY_VERSION) > next);
        assertEquals("", value(key));
    }

    @Test
    void shouldShowKeysAsFiles() {
        keys.put(homeName + "/run1/latest", name("1000"), KeyValue.ANY_VERSION);
        Inode directory = lookup(home, "run1");
        assertTrue(directory.isDirectory());
        assertEquals(1, directory.uid());
        assertEquals(2, directory.gid());
        Inode file = lookup(directory.id(), "latest");
        assertEquals(4, file.size());
        assertArrayEquals(name("1000"), content(file.id()).inline());
        commitInline(file.id(), "1001");
        assertEquals("1001", value(homeName + "/run1/latest"));
        namespace.setAttributes(
                file.id(),
                new AttributeChange(0600, 9, 9, AttributeChange.KEEP, AttributeChange.KEEP, AttributeChange.KEEP));
        long version = keys.get(homeName + "/run1/latest").orElseThrow().version();
        keys.put(homeName + "/run1/latest", name("1002"), version);
        assertEquals(0600, lookup(directory.id(), "latest").mode() & 07777);
    }

    @Test
    void shouldRefuseKeysThatAreNone() {
        keys.put(homeName + "/file", name("v"), KeyValue.ANY_VERSION);
        for (String bad : List.of("", "/", "a//b", "a/", "a/../b", "./a")) {
            assertError(NamespaceError.INVALID, () -> keys.put(bad, name("v"), KeyValue.ANY_VERSION));
        }
        assertError(NamespaceError.IS_DIRECTORY, () -> keys.put(homeName, name("v"), KeyValue.ANY_VERSION));
        assertError(NamespaceError.IS_DIRECTORY, () -> keys.get(homeName));
        assertError(NamespaceError.IS_DIRECTORY, () -> keys.delete(homeName, KeyValue.ANY_VERSION));
        assertError(
                NamespaceError.NOT_DIRECTORY, () -> keys.put(homeName + "/file/x", name("v"), KeyValue.ANY_VERSION));
        assertTrue(keys.get(homeName + "/file/x").isEmpty());
        assertError(
                NamespaceError.NAME_TOO_LONG,
                () -> keys.put(homeName + "/" + "n".repeat(256), name("v"), KeyValue.ANY_VERSION));
        byte[] largest = new byte[NamespaceLimits.INLINE_LENGTH];
        keys.put(homeName + "/large", largest, KeyValue.ANY_VERSION);
        assertArrayEquals(largest, keys.get(homeName + "/large").orElseThrow().value());
        byte[] tooLarge = new byte[NamespaceLimits.INLINE_LENGTH + 1];
        assertError(
                NamespaceError.VALUE_TOO_LARGE, () -> keys.put(homeName + "/large", tooLarge, KeyValue.ANY_VERSION));
    }

    @Test
    void shouldCompareAndSet() {
        String key = homeName + "/latest";
        assertTrue(keys.compareAndSet(key, name("1"), name("2")).isEmpty());
        keys.put(key, name("1"), KeyValue.ABSENT);
        assertTrue(keys.compareAndSet(key, name("2"), name("3")).isEmpty());
        KeyValue.Value set = keys.compareAndSet(key, name("1"), name("2")).orElseThrow();
        assertEquals(set.version(), keys.get(key).orElseThrow().version());
        assertEquals("2", value(key));
        keys.put(key, new byte[0], KeyValue.ANY_VERSION);
        assertTrue(keys.compareAndSet(key, new byte[0], name("4")).isPresent());
    }

    @Test
    void shouldDelete() {
        String key = homeName + "/latest";
        assertFalse(keys.delete(key, KeyValue.ANY_VERSION));
        assertFalse(keys.delete(key, KeyValue.ABSENT));
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.delete(key, 5));
        long version = keys.put(key, name("1"), KeyValue.ABSENT);
        assertError(NamespaceError.VERSION_MISMATCH, () -> keys.delete(key, version + 1));
        assertTrue(keys.delete(key, version));
        assertTrue(keys.get(key).isEmpty());
        assertTrue(keys.put(key, name("1"), KeyValue.ABSENT) > version);
    }

    @Test
    void shouldFreeTheContentThatAKeyReplaces() {
        int placement = placement();
        long session = namespace.session();
        long file = namespace.create(home, name("a"), 0644, 0, 0).id();
        commit(file, 200, extent(0, 200, 1, 0, 0, placement));
        keys.put(homeName + "/a", name("v"), KeyValue.ANY_VERSION);
        assertEquals(List.of(run(session, 1, 1, placement)), freed(session));
        assertEquals(file, lookup(home, "a").id());
    }

    // The rest.

    @Test
    void shouldRaiseVersionsByOneOrder() {
        Inode a = namespace.create(home, name("a"), 0644, 0, 0);
        Inode b = namespace.create(home, name("b"), 0644, 0, 0);
        long put = keys.put(homeName + "/k", name("v"), KeyValue.ANY_VERSION);
        assertTrue(a.version() < b.version());
        assertTrue(b.version() < put);
    }

    @Test
    void shouldHoldPlacementTables() {
        PlacementTable added = namespace.addPlacementTable(2, 1, List.of(new int[] {0, 1, 2}, new int[] {1, 2, 3}));
        PlacementTable found = namespace.placementTables().stream()
                .filter(table -> table.id() == added.id())
                .findFirst()
                .orElseThrow();
        assertEquals(2, found.dataChunks());
        assertEquals(1, found.parityChunks());
        assertArrayEquals(new int[] {1, 2, 3}, found.group(1));
        assertArrayEquals(new int[] {0, 1, 2}, found.group(4));
        assertError(NamespaceError.INVALID, () -> namespace.addPlacementTable(2, 1, List.of(new int[] {0, 0, 1})));
        assertError(NamespaceError.INVALID, () -> namespace.addPlacementTable(2, 1, List.of(new int[] {0, 1})));
        assertError(NamespaceError.INVALID, () -> namespace.addPlacementTable(0, 1, List.of(new int[] {0})));
        assertError(NamespaceError.INVALID, () -> namespace.addPlacementTable(2, 1, List.of()));
    }

    @Test
    void shouldListLiveExtentsInPages() {
        int placement = placement();
        long session = namespace.session();
        for (int i = 0; i < 7; i++) {
            long file = namespace.create(home, name("f" + i), 0644, 0, 0).id();
            commit(file, 100, extent(0, 100, 2L * i, 0, 0, placement));
            commit(file, 300, extent(200, 100, 100 + 2L * i, 0, 0, placement));
        }
        List<Extent> live = new ArrayList<>();
        long[] last = {0};
        long before;
        do {
            before = last[0];
            List<Extent> page = namespace.liveExtents(before, 3, last);
            page.stream().filter(extent -> extent.session() == session).forEach(live::add);
        } while (last[0] != before);
        assertEquals(14, live.size());
        assertEquals(14, live.stream().map(Extent::stripe).distinct().count());
    }

    @Test
    void shouldCountInodes() {
        long before = namespace.inodeCount();
        namespace.create(home, name("a"), 0644, 0, 0);
        keys.put(homeName + "/d/k", name("v"), KeyValue.ANY_VERSION);
        assertEquals(before + 3, namespace.inodeCount());
        namespace.unlink(home, name("a"), false);
        assertEquals(before + 2, namespace.inodeCount());
    }

    @Test
    void shouldGiveEachClientASession() {
        try (Namespace other = connect()) {
            assertNotEquals(namespace.session(), other.session());
            other.create(home, name("theirs"), 0644, 0, 0);
            assertNotNull(namespace.lookup(home, name("theirs")));
        }
    }

    // What tests say often.

    protected static byte[] name(String text) {
        return text.getBytes(UTF_8);
    }

    private String value(String key) {
        return new String(keys.get(key).orElseThrow().value(), UTF_8);
    }

    private Inode lookup(long parent, String child) {
        Inode inode = namespace.lookup(parent, name(child));
        assertNotNull(inode, child);
        return inode;
    }

    private DirectoryPage page(long directory, byte[] after, int limit) {
        return namespace.readDirectory(directory, after, limit);
    }

    private FileContent content(long inode) {
        return namespace.readContent(inode);
    }

    private int placement() {
        return namespace.addPlacementTable(K, 1, List.of(new int[] {0, 1, 2})).id();
    }

    private Extent extent(long offset, long length, long stripe, int index, int chunkOffset, int placement) {
        return new Extent(offset, length, namespace.session(), stripe, index, chunkOffset, STRIDE, placement);
    }

    private Inode commit(long file, long size, Extent... extents) {
        return namespace.commit(new ContentCommit(
                file, false, ContentCommit.ANY_VERSION, null, List.of(extents), size, ContentCommit.NOW));
    }

    private Inode commitInline(long file, String text) {
        return namespace.commit(new ContentCommit(
                file, true, ContentCommit.ANY_VERSION, name(text), List.of(), text.length(), ContentCommit.NOW));
    }

    private static FreedRun run(long session, long first, long count, int placement) {
        return new FreedRun(0, session, first, count, placement);
    }

    /** The freed runs of a session's stripes, without their sequences. The queue is emptied: pages are bounded. */
    private List<FreedRun> freed(long session) {
        List<FreedRun> found = new ArrayList<>();
        List<FreedRun> page = namespace.freedRuns(100_000);
        while (!page.isEmpty()) {
            for (FreedRun run : page) {
                if (run.session() == session) {
                    found.add(run(session, run.firstStripe(), run.stripeCount(), run.placement()));
                }
            }
            namespace.acknowledgeFreed(page);
            namespace.acknowledgeFreed(page);
            page = namespace.freedRuns(100_000);
        }
        return found;
    }

    protected static void assertError(NamespaceError expected, Executable executable) {
        NamespaceException thrown = assertThrows(NamespaceException.class, executable);
        assertEquals(expected, thrown.error(), thrown.getMessage());
    }
}
