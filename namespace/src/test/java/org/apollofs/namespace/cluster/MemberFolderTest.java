package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.archive.checksum.Checksums;
import io.aeron.cluster.NodeStateFile;
import io.aeron.cluster.RecordingLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member's folder as a kill leaves it, at each step of giving a log up and copying another's. */
class MemberFolderTest {
    private static final List<Integer> MEMBERS = List.of(0, 1, 2);
    private static final String LOG = RecordingLog.RECORDING_LOG_FILE_NAME;
    private static final String VOTES = NodeStateFile.FILENAME;

    @TempDir
    Path root;

    private MemberFolder folder;

    @BeforeEach
    void makeFolderWithALog() throws IOException {
        folder = new MemberFolder(root);
        prepare();
        write(folder.archive().resolve("recording"), "mine");
        write(folder.cluster().resolve(LOG), "mine");
        write(folder.cluster().resolve(VOTES), "votes");
    }

    @Test
    void shouldPutALogAsideAndKeepTheVotes() throws IOException {
        folder.giveUpLog();
        checkAside();
    }

    @Test
    void shouldGoOnPuttingAsideWhatWasPutAsideInPart() throws IOException {
        write(root.resolve("joining"), "moving\n");
        prepare();
        checkAside();
        // Once more, when the recordings had been moved, and nothing else had.
        Files.delete(root.resolve("joining"));
        Files.move(root.resolve("aside/cluster").resolve(LOG), folder.cluster().resolve(LOG));
        write(root.resolve("joining"), "moving\n");
        Files.delete(folder.archive());
        prepare();
        checkAside();
    }

    @Test
    void shouldDropAPartOfACopyAndKeepWhatWasPutAside() throws IOException {
        folder.giveUpLog();
        copyTheirs();
        prepare();
        checkAside();
    }

    @Test
    void shouldDropAPartOfACopyWhereNoLogWas() throws IOException {
        Files.delete(folder.archive().resolve("recording"));
        Files.delete(folder.cluster().resolve(LOG));
        copyTheirs();
        prepare();
        assertTrue(folder.isEmpty());
        assertFalse(folder.hasFallenBehind());
        assertFalse(Files.exists(folder.archive().resolve("recording")));
        assertFalse(Files.exists(root.resolve("joining")));
    }

    @Test
    void shouldKeepAWholeCopyAndDropWhatWasPutAside() throws IOException {
        folder.giveUpLog();
        copyTheirs();
        // Killed when the copy was said to be whole, and what was put aside was still there.
        Files.delete(root.resolve("joining"));
        assertTrue(Files.exists(root.resolve("aside")));
        prepare();
        checkTheirs();
        // And not killed.
        folder.giveUpLog();
        copyTheirs();
        folder.endJoin();
        checkTheirs();
    }

    private void copyTheirs() throws IOException {
        folder.beginJoin();
        write(folder.archive().resolve("recording"), "theirs");
        write(folder.cluster().resolve(LOG), "theirs");
    }

    private void prepare() {
        folder.prepare(Checksums.crc32c(), MEMBERS);
    }

    private void checkAside() throws IOException {
        assertTrue(folder.hasFallenBehind());
        assertTrue(folder.isEmpty());
        assertEquals("mine", Files.readString(root.resolve("aside/archive/recording")));
        assertEquals("mine", Files.readString(root.resolve("aside/cluster").resolve(LOG)));
        assertEquals("votes", Files.readString(folder.cluster().resolve(VOTES)));
        assertTrue(Files.isDirectory(folder.archive()));
        assertFalse(Files.exists(folder.archive().resolve("recording")));
    }

    private void checkTheirs() throws IOException {
        assertFalse(folder.hasFallenBehind());
        assertFalse(folder.isEmpty());
        assertEquals("theirs", Files.readString(folder.archive().resolve("recording")));
        assertEquals("theirs", Files.readString(folder.cluster().resolve(LOG)));
        assertEquals("votes", Files.readString(folder.cluster().resolve(VOTES)));
        assertFalse(Files.exists(root.resolve("aside")));
    }

    private static void write(Path file, String content) throws IOException {
        Files.writeString(file, content);
    }
}
