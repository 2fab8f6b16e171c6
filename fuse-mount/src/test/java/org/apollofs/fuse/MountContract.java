package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.io.os.Libc;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.local.LocalNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every backend keeps, tried on a real mount with Java's file calls and with ordinary programs. */
@Timeout(120)
abstract class MountContract {
    private static final int SLAB_LENGTH = 1024 * 1024;

    @TempDir
    Path scratch;

    private LocalNamespace namespace;
    MemoryDataClient data;
    private MountFixture fixture;
    /** Of the mount. */
    Path root;

    abstract Backend backend();

    @BeforeEach
    void mount() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse");
        root = Files.createDirectory(scratch.resolve("mnt"));
        namespace = LocalNamespace.open(scratch.resolve("namespace"), new SystemEpochNanoClock());
        data = new MemoryDataClient(namespace, 24, SLAB_LENGTH);
        fixture = new MountFixture(root, backend(), namespace, data, 8);
    }

    @AfterEach
    void unmount() {
        if (fixture != null) {
            fixture.close();
            assertEquals(24, data.slabs().available(), "slabs not given back");
            data.close();
            namespace.close();
        }
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldReadBackWhatWasWritten() throws IOException {
        for (int length : new int[] {0, 1, 4095, 4096, 65_535, 65_536, 1 << 20, (1 << 20) + 1, 5_000_000}) {
            byte[] bytes = random(length, length);
            Path file = root.resolve("file-" + length);
            Files.write(file, bytes);
            assertEquals(length, Files.size(file));
            assertArrayEquals(bytes, Files.readAllBytes(file));
        }
    }

    @Test
    void shouldWriteAtAnyOffset() throws IOException {
        long seed = 11;
        Random random = new Random(seed);
        byte[] model = new byte[3_000_000];
        Path file = root.resolve("random");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            int end = 0;
            for (int i = 0; i < 60; i++) {
                int length = 1 + random.nextInt(i % 3 == 0 ? 900_000 : 5_000);
                int offset = random.nextInt(model.length - length);
                byte[] bytes = random(i, length);
                System.arraycopy(bytes, 0, model, offset, length);
                channel.write(ByteBuffer.wrap(bytes), offset);
                end = Math.max(end, offset + length);
                assertEquals(end, channel.size(), "seed=" + seed);
            }
            ByteBuffer back = ByteBuffer.allocate(end);
            while (back.hasRemaining() && channel.read(back, back.position()) > 0) {}
            assertArrayEquals(Arrays.copyOf(model, end), back.array(), "seed=" + seed);
        }
        assertArrayEquals(Arrays.copyOf(model, (int) Files.size(file)), Files.readAllBytes(file), "seed=" + seed);
    }

    @Test
    void shouldAppendAtTheEnd() throws IOException {
        Path file = root.resolve("log");
        Files.writeString(file, "one\n");
        Files.writeString(file, "two\n", StandardOpenOption.APPEND);
        fixture.shell("echo three >> log; dd if=/dev/zero bs=100000 count=1 status=none >> log");
        assertEquals(14 + 100_000, Files.size(file));
        assertEquals("one\ntwo\nthree\n", fixture.shell("head -c 14 log"));
    }

    @Test
    void shouldTruncate() throws IOException {
        Path file = root.resolve("cut");
        byte[] bytes = random(5, 200_000);
        Files.write(file, bytes);
        fixture.shell("truncate -s 70001 cut");
        assertArrayEquals(Arrays.copyOf(bytes, 70_001), Files.readAllBytes(file));
        fixture.shell("truncate -s 100000 cut");
        assertArrayEquals(Arrays.copyOf(Arrays.copyOf(bytes, 70_001), 100_000), Files.readAllBytes(file));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.truncate(10);
            assertEquals(10, channel.size());
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 10);
            assertEquals(13, Files.size(file));
        }
        Files.write(file, new byte[] {9});
        assertArrayEquals(new byte[] {9}, Files.readAllBytes(file));
    }

    @Test
    void shouldShowSizeAndTimeBeforeCommit() throws IOException {
        Path file = root.resolve("growing");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            FileTime before = Files.getLastModifiedTime(file);
            channel.write(ByteBuffer.wrap(random(1, 300_000)));
            assertEquals(300_000, Files.size(file));
            assertTrue(Files.getLastModifiedTime(file).compareTo(before) > 0);
            assertArrayEquals(random(1, 300_000), Files.readAllBytes(file));
            channel.write(ByteBuffer.wrap(new byte[100]));
            assertEquals(300_100, Files.readAllBytes(file).length);
        }
    }

    @Test
    void shouldKeepTimeSetBeforeClose() throws IOException {
        Files.write(scratch.resolve("source"), random(3, 100_000));
        fixture.shell("touch -d '2001-02-03 04:05:06.789012345' ../source; cp -p ../source copy; sync copy");
        assertEquals(fixture.shell("stat -c '%y %a' ../source"), fixture.shell("stat -c '%y %a' copy"));
    }

    @Test
    void shouldSetTimesToTheNanosecond() {
        fixture.shell(
                "touch f; touch -m -d '1969-12-31 23:59:58.5 UTC' f; touch -a -d '2030-01-01 00:00:00.000000001 UTC'"
                        + " f");
        assertEquals("-1.500000000 1893456000.000000001\n", fixture.shell("stat -c '%.9Y %.9X' f"));
        fixture.shell("touch f; [ $(($(date +%s) - $(stat -c %Y f))) -lt 100 ]");
    }

    @Test
    void shouldRenameOverAnOpenFile() throws IOException {
        Path old = root.resolve("latest");
        Files.writeString(old, "old");
        try (FileChannel open = FileChannel.open(old, StandardOpenOption.READ)) {
            Files.writeString(root.resolve("latest.tmp"), "new");
            fixture.shell("mv latest.tmp latest");
            assertEquals("new", Files.readString(old));
            ByteBuffer bytes = ByteBuffer.allocate(10);
            open.read(bytes);
            assertEquals("old", new String(bytes.array(), 0, bytes.position(), UTF_8));
            assertEquals(3, open.size());
        }
        assertFalse(Files.exists(root.resolve("latest.tmp")));
    }

    @Test
    void shouldRenameWhileWriting() throws IOException {
        Path from = root.resolve("a.tmp");
        try (FileChannel open = FileChannel.open(from, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            open.write(ByteBuffer.wrap(random(8, 150_000)));
            Files.move(from, root.resolve("a"));
            assertEquals(150_000, Files.size(root.resolve("a")));
            open.write(ByteBuffer.wrap(random(9, 10)));
        }
        assertEquals(150_010, Files.size(root.resolve("a")));
    }

    @Test
    void shouldKeepUnlinkedFileWhileOpen() throws IOException {
        Path file = root.resolve("gone");
        Files.write(file, random(2, 100_000));
        long inodes = namespace.inodeCount();
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Files.delete(file);
            assertThrows(NoSuchFileException.class, () -> Files.size(file));
            assertEquals("", fixture.shell("ls -A"));
            open.write(ByteBuffer.wrap(random(4, 70_000)), 100_000);
            assertEquals(170_000, open.size());
            ByteBuffer back = ByteBuffer.allocate(170_000);
            while (back.hasRemaining() && open.read(back, back.position()) > 0) {}
            assertArrayEquals(random(2, 100_000), Arrays.copyOf(back.array(), 100_000));
            open.truncate(5);
            assertEquals(5, open.size());
            Files.writeString(file, "another");
            assertEquals("another", Files.readString(file));
        }
        assertEquals("another", Files.readString(file));
        awaitInodes(inodes);
    }

    /** RELEASE comes after close(2) returns. */
    private void awaitInodes(long count) {
        long deadline = System.currentTimeMillis() + 10_000;
        while (namespace.inodeCount() != count && System.currentTimeMillis() < deadline) {
            Thread.onSpinWait();
        }
        assertEquals(count, namespace.inodeCount());
    }

    @Test
    void shouldRenameNoReplaceAndExchange() throws IOException {
        assumeTrue(backend() == Backend.KERNEL, "libfuse 2 has no flags for rename");
        Files.writeString(root.resolve("a"), "A");
        Files.writeString(root.resolve("b"), "B");
        assertEquals(-17, renameat2("a", "b", 1));
        assertEquals(0, renameat2("a", "b", 2));
        assertEquals("B", Files.readString(root.resolve("a")));
        assertEquals("A", Files.readString(root.resolve("b")));
        assertEquals(0, renameat2("a", "c", 1));
        assertEquals("B", Files.readString(root.resolve("c")));
        assertEquals(-22, renameat2("c", "d", 4));
    }

    private long renameat2(String from, String to, int flags) {
        try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            boolean arm = System.getProperty("os.arch").equals("aarch64");
            return Libc.syscall(
                    arm ? 276 : 316,
                    -100,
                    arena.allocateFrom(root.resolve(from).toString()).address(),
                    -100,
                    arena.allocateFrom(root.resolve(to).toString()).address(),
                    flags,
                    0);
        }
    }

    @Test
    void shouldMakeAndRemoveDirectories() throws IOException {
        Path directory = root.resolve("d");
        Files.createDirectory(directory);
        assertThrows(FileAlreadyExistsException.class, () -> Files.createDirectory(directory));
        Files.createDirectories(directory.resolve("e/f/g"));
        assertEquals("3\n", fixture.shell("stat -c %h d"));
        assertThrows(FileSystemException.class, () -> Files.delete(directory));
        Files.writeString(directory.resolve("e/file"), "x");
        fixture.shell("mv d/e moved; test -f moved/file; test -d moved/f/g; rmdir d; rm -r moved");
        assertEquals("", fixture.shell("ls -A"));
        assertEquals(1, fixture.tryShell("rmdir nothing").status());
        assertEquals(1, fixture.tryShell("mkdir a; mv a a/b").status());
    }

    @Test
    void shouldListLargeDirectory() throws IOException {
        int count = 5_000;
        Path directory = Files.createDirectory(root.resolve("large"));
        fixture.shell("cd large; seq -f 'entry-with-a-rather-long-name-%g' " + count + " | xargs touch");
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.forEach(entry -> assertTrue(names.add(entry.getFileName().toString())));
        }
        assertEquals(count, names.size());
        assertEquals(count + "\n", fixture.shell("ls -f large | grep -c entry"));
        assertEquals(count + "\n", fixture.shell("ls -l large | grep -c ^-rw"));
        // Removing while listing must neither skip nor repeat.
        fixture.shell("rm -r large");
        assertFalse(Files.exists(directory));
    }

    @Test
    void shouldFollowSymbolicLinks() throws IOException {
        Files.writeString(root.resolve("target"), "content");
        Files.createSymbolicLink(root.resolve("link"), Path.of("target"));
        assertEquals("target", Files.readSymbolicLink(root.resolve("link")).toString());
        assertEquals("content", Files.readString(root.resolve("link")));
        String deep = "x/".repeat(1500) + "end";
        fixture.shell("ln -s " + deep + " deep; [ \"$(readlink deep)\" = " + deep + " ]");
        Files.delete(root.resolve("link"));
        assertEquals("content", Files.readString(root.resolve("target")));
    }

    @Test
    void shouldHardLink() throws IOException {
        Path first = root.resolve("first");
        Path second = root.resolve("second");
        Files.writeString(first, "1");
        Files.createLink(second, first);
        assertEquals("2 2\n", fixture.shell("echo $(stat -c %h first second)"));
        Files.writeString(second, "22");
        assertEquals("22", Files.readString(first));
        assertEquals(2, Files.size(first));
        Files.delete(first);
        assertEquals("1\n", fixture.shell("stat -c %h second"));
        assertEquals("22", Files.readString(second));
    }

    @Test
    void shouldChangeModeAndOwner() throws IOException {
        Path file = root.resolve("f");
        Files.writeString(file, "x");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));
        assertEquals("751\n", fixture.shell("stat -c %a f"));
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        fixture.shell("chown 1234:5678 f; umask 027; mkdir d; touch g");
        assertEquals("1234:5678 750 640\n", fixture.shell("stat -c %u:%g f | tr '\\n' ' '; echo $(stat -c %a d g)"));
    }

    @Test
    void shouldCheckPermissionsAndKeepGroupOfDirectory() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        assumeTrue(MountFixture.hasCommand("setpriv"), "needs setpriv");
        fixture.shell("chmod 755 ../..  .. 2>/dev/null || true; echo secret > s; chmod 600 s; chmod 777 .");
        String user = "setpriv --reuid 1000 --regid 1000 --clear-groups ";
        assertNotEquals(0, fixture.tryShell(user + "cat s").status());
        fixture.shell("mkdir shared; chgrp 77 shared; chmod 2777 shared; " + user
                + "bash -c 'mkdir shared/d; echo x > shared/f'");
        assertEquals("77 2755 1000\n77 644 1000\n", fixture.shell("stat -c '%g %a %u' shared/d shared/f"));
    }

    @Test
    void shouldDropPrivilegedBitsOnWriteAndChown() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        assumeTrue(MountFixture.hasCommand("setpriv"), "needs setpriv");
        String user = "setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set -all ";
        fixture.shell("chmod 777 .; echo a > w; echo a > t; echo a > c; chmod 6777 w t c; " + user
                + "bash -c 'echo b >> w; truncate -s 1 t'; chown 1:1 c");
        assertEquals("777 777 777\n", fixture.shell("echo $(stat -c %a w t c)"));
    }

    @Test
    void shouldRefuseWhatIsNotSupported() {
        assertNotEquals(0, fixture.tryShell("mkfifo pipe").status());
        assertNotEquals(0, fixture.tryShell("touch f; fallocate -l 100 f").status());
        assertNotEquals(0, fixture.tryShell("touch " + "n".repeat(256)).status());
        fixture.shell("touch " + "n".repeat(255));
    }

    @Test
    void shouldOpenExclusively() throws IOException {
        Files.createFile(root.resolve("x"));
        assertThrows(FileAlreadyExistsException.class, () -> Files.createFile(root.resolve("x")));
    }

    @Test
    void shouldReportSpace() throws IOException {
        FileStore store = Files.getFileStore(root);
        assertEquals(1L << 40, store.getTotalSpace());
        assertEquals(1L << 39, store.getUsableSpace());
        fixture.shell("df . > /dev/null; df -i . > /dev/null");
    }

    @Test
    void shouldLockWithinTheMount() {
        if (MountFixture.hasCommand("flock")) {
            assertEquals(
                    "held\n",
                    fixture.shell(
                            "touch l; exec 9>l; flock 9; flock -n l true || echo held; flock -u 9; flock -n l true"));
        }
    }

    @Test
    void shouldServeDirectReadsAndWrites() throws IOException {
        Files.write(scratch.resolve("in"), random(77, 3 * SLAB_LENGTH));
        fixture.shell("dd if=../in of=d bs=1M oflag=direct status=none; cmp ../in d;"
                + "dd if=d bs=512K iflag=direct status=none | cmp - ../in;"
                // Unaligned tail, buffered, as FastPersist writes it.
                + "echo tail >> d; (cat ../in; echo tail) | cmp - d");
    }

    @Test
    void shouldMapFilesForReading() throws IOException, InterruptedException {
        byte[] bytes = random(21, 2_500_000);
        Files.write(root.resolve("mapped"), bytes);
        Files.write(scratch.resolve("expected"), bytes);
        runJava(MappedReader.class, root.resolve("mapped"), scratch.resolve("expected"), "r");
    }

    @Test
    void shouldMapFilesForWriting() throws IOException, InterruptedException {
        assumeTrue(backend() == Backend.KERNEL, "libfuse 2 cannot map files opened for direct I/O");
        byte[] bytes = random(22, 2_500_000);
        Files.write(root.resolve("mapped"), bytes);
        Files.write(scratch.resolve("expected"), bytes);
        runJava(MappedReader.class, root.resolve("mapped"), scratch.resolve("expected"), "rw");
        byte[] back = Files.readAllBytes(root.resolve("mapped"));
        assertEquals(~bytes[100], back[100]);
        bytes[100] = back[100];
        assertArrayEquals(bytes, back);
    }

    private void runJava(Class<?> main, Path file, Path expected, String mode)
            throws IOException, InterruptedException {
        Path output = scratch.resolve("java.out");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName(),
                        file.toString(),
                        expected.toString(),
                        mode)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(output));
    }

    @Test
    void shouldNotServeStaleContent() throws IOException {
        // Somebody else (a key-value put, another host) changes the file between two opens.
        Path file = root.resolve("value");
        Files.writeString(file, "first");
        assertEquals("first", Files.readString(file));
        long inode = namespace.lookup(1, "value".getBytes(UTF_8)).id();
        try (var handle = new AutoCloseableFile(data, inode)) {
            handle.write("second, longer");
        }
        assertEquals("second, longer", Files.readString(file));
        try (var handle = new AutoCloseableFile(data, inode)) {
            handle.write("3rd");
        }
        assertEquals("3rdond, longer", Files.readString(file));
    }

    private record AutoCloseableFile(MemoryDataClient data, long inode) implements AutoCloseable {
        void write(String text) {
            var file = data.open(inode, false);
            byte[] bytes = text.getBytes(UTF_8);
            file.write(0, new org.agrona.concurrent.UnsafeBuffer(bytes), 0, bytes.length);
            file.release();
        }

        @Override
        public void close() {}
    }

    @Test
    void shouldReturnErrorsOfTheStorage() throws IOException {
        Files.write(root.resolve("f"), random(1, 1000));
        for (Map.Entry<DataException.Kind, String> expected : Map.of(
                        DataException.Kind.NO_SPACE, "No space left on device",
                        DataException.Kind.IO_ERROR, "Input/output error")
                .entrySet()) {
            data.failWrites = expected.getKey();
            String output = fixture.tryShell("LC_ALL=C dd if=/dev/zero of=g bs=1M count=1")
                    .output();
            assertTrue(output.contains(expected.getValue()), output);
        }
        data.failWrites = null;
        fixture.shell("dd if=/dev/zero of=g bs=1M count=2 status=none; [ $(stat -c %s g) = 2097152 ]");
        data.failReads = DataException.Kind.IO_ERROR;
        assertTrue(fixture.tryShell("LC_ALL=C dd if=f of=/dev/null iflag=direct")
                .output()
                .contains("Input/output error"));
        data.failReads = null;
        assertEquals(1000, Files.readAllBytes(root.resolve("f")).length);
    }

    @Test
    void shouldAnswerAWriteThatWasTakenInPartWithACount() throws IOException {
        byte[] bytes = random(1, 100_000);
        try (FileChannel file = FileChannel.open(
                root.resolve("f"), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            data.takesAtMost = 70_000;
            assertEquals(70_000, file.write(ByteBuffer.wrap(bytes)));
            assertEquals(70_000, file.size());
            data.takesAtMost = 0;
            assertThrows(IOException.class, () -> file.write(ByteBuffer.wrap(bytes)));
            data.takesAtMost = Integer.MAX_VALUE;
            assertEquals(30_000, file.write(ByteBuffer.wrap(bytes, 70_000, 30_000)));
        }
        assertArrayEquals(bytes, Files.readAllBytes(root.resolve("f")));
        // What is to be durable when it returns is whole, or has failed.
        try (FileChannel file =
                FileChannel.open(root.resolve("f"), StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
            data.takesAtMost = 70_000;
            assertThrows(IOException.class, () -> file.write(ByteBuffer.wrap(bytes)));
            data.takesAtMost = Integer.MAX_VALUE;
        }
    }

    @Test
    void shouldCopyTreeWithoutDifference() {
        fixture.shell("mkdir ../tree; cd ../tree; for d in a b c/d; do mkdir -p $d; for i in $(seq 60); do "
                + "head -c $((i * i * 40)) /dev/urandom > $d/f$i; done; done; ln -s a/f1 link; chmod 750 b/f3");
        fixture.shell(
                "cp -a ../tree copy; diff -r --no-dereference ../tree copy; (cd ../tree; find . -printf '%p %m %s %T@"
                        + " %l\\n"
                        + "' | grep -v '^. ' | sed 's/^\\(\\S* \\S*\\) [0-9]* \\(.*\\)$/\\1 \\2/' | sort) > ../a;(cd copy;"
                        + " find . -printf '%p %m %s %T@ %l\\n"
                        + "' | grep -v '^. ' | sed 's/^\\(\\S* \\S*\\) [0-9]* \\(.*\\)$/\\1 \\2/' | sort) > ../b; cmp ../a"
                        + " ../b");
        fixture.shell(
                "tar cf - -C copy . | tar xf - -C . --one-top-level=again; diff -r --no-dereference copy again; find"
                        + " copy -type f | xargs sha256sum > sums; sha256sum -c --quiet sums; rm -r copy again; ["
                        + " \"$(ls)\" = sums ]");
    }

    @Test
    void shouldHostGitRepository() {
        assumeTrue(MountFixture.hasCommand("git"), "needs git");
        fixture.shell("export HOME=$PWD/.. GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a"
                + " GIT_COMMITTER_EMAIL=a@b;git init -q -b main repo; cd repo; for i in $(seq 40); do seq $i 900 >"
                + " f$i; done; git add .; git commit -q -m one;for i in $(seq 20); do echo more >> f$i; done; git"
                + " commit -q -a -m two; git gc -q; git fsck --full --strict;git status --porcelain; cd ..; git"
                + " clone -q --no-hardlinks repo clone; cd clone; git fsck --full; git log --oneline | wc -l |"
                + " grep -q 2");
    }

    @Test
    void shouldVerifyWithFio() {
        assumeTrue(MountFixture.hasCommand("fio"), "needs fio");
        String job = "fio --name=v --filename=fio.dat --ioengine=psync --size=24M --verify=crc32c --verify_fatal=1 "
                + "--randseed=7 --fallocate=none --output-format=terse --output=/dev/null ";
        fixture.shell(job + "--rw=write --bs=1M --end_fsync=1");
        fixture.shell(job + "--rw=randwrite --bs=4k-128k --bs_unaligned --fsync=16");
        fixture.shell(job + "--rw=randwrite --bs=64k --direct=1");
        fixture.shell(job + "--rw=randrw --bs=16k --numjobs=1");
    }

    @Test
    void shouldServeManyWritersOfOneFile() {
        fixture.shell(
                "truncate -s 16M shared; for i in 0 1 2 3; do (for j in 0 1 2 3; do head -c 1M /dev/zero | tr '\\0'"
                        + " \"\\\\00$((i + 1))\" | dd of=shared bs=1M seek=$((j * 4 + i)) conv=notrunc status=none"
                        + " iflag=fullblock; done) & done; wait;[ $(stat -c %s shared) = 16777216 ]; [ $(tr -d '\\1' <"
                        + " shared | wc -c) = 12582912 ];[ $(tr -d '\\2\\3\\4' < shared | wc -c) = 4194304 ]; cmp <(head"
                        + " -c 1M shared | tail -c 10) <(printf '\\1%.0s' 1 2 3 4 5 6 7 8 9 10)");
    }

    @Test
    void shouldShowWritesToAReaderThatWasThereBefore() throws IOException {
        Path file = root.resolve("shared");
        Files.write(file, new byte[200_000]);
        try (FileChannel reader = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel writer = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int round = 1; round <= 20; round++) {
                byte[] expected = random(round, 200_000 + round);
                writer.write(ByteBuffer.wrap(expected), 0);
                ByteBuffer back = ByteBuffer.allocate(expected.length);
                while (back.hasRemaining() && reader.read(back, back.position()) > 0) {}
                assertArrayEquals(expected, back.array(), "round=" + round);
            }
        }
    }

    @Test
    void shouldCommitSynchronousWritesAtOnce() throws IOException {
        Path file = root.resolve("journal");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
            channel.write(ByteBuffer.wrap(new byte[100]));
            assertEquals(
                    100, namespace.lookup(Inode.ROOT, "journal".getBytes(UTF_8)).size());
            channel.write(ByteBuffer.wrap(new byte[300_000]));
            assertEquals(
                    300_100,
                    namespace.lookup(Inode.ROOT, "journal".getBytes(UTF_8)).size());
        }
    }

    @Test
    void shouldKeepNamesOfAnyBytes() {
        assumeTrue(backend() == Backend.KERNEL, "jnr hands names over as text");
        fixture.shell(
                "f=$'\\xff\\xfe \\n'; echo x > \"$f\"; [ \"$(ls -A | od -c)\" = \"$(printf '%s\\n' \"$f\" | od -c)\" ];"
                        + " mv \"$f\" $'\\x80'; cat $'\\x80'; rm $'\\x80'");
    }

    @Test
    void shouldEqualAModelUnderRandomOperations() throws IOException {
        long seed = 20_261_123;
        Random random = new Random(seed);
        Path file = root.resolve("model");
        byte[] model = {};
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            for (int step = 0; step < 250; step++) {
                String where = "seed=" + seed + ", step=" + step;
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> {
                        byte[] bytes = random(step, 1 + random.nextInt(random.nextBoolean() ? 300_000 : 3_000));
                        int offset = random.nextInt(model.length + 50_000);
                        channel.write(ByteBuffer.wrap(bytes), offset);
                        model = Arrays.copyOf(model, Math.max(model.length, offset + bytes.length));
                        System.arraycopy(bytes, 0, model, offset, bytes.length);
                    }
                    case 3 -> {
                        byte[] bytes = random(step, random.nextInt(100_000));
                        Files.write(file, bytes, StandardOpenOption.APPEND);
                        int end = model.length;
                        model = Arrays.copyOf(model, end + bytes.length);
                        System.arraycopy(bytes, 0, model, end, bytes.length);
                    }
                    case 4 -> {
                        int size = random.nextInt(model.length + 1);
                        channel.truncate(size);
                        model = Arrays.copyOf(model, size);
                    }
                    case 5 -> {
                        if (random.nextInt(4) == 0) {
                            Files.write(file, new byte[0]);
                            model = new byte[0];
                        } else {
                            channel.force(true);
                        }
                    }
                    case 6 -> {
                        channel.close();
                        if (random.nextBoolean()) {
                            Files.move(file, root.resolve("model.moved"));
                            Files.move(root.resolve("model.moved"), file);
                        }
                        channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    }
                    default -> assertArrayEquals(model, Files.readAllBytes(file), where);
                }
                assertEquals(model.length, channel.size(), where);
            }
        } finally {
            channel.close();
        }
        assertArrayEquals(model, Files.readAllBytes(file), "seed=" + seed);
    }
}
