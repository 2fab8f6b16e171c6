package org.apollofs.perf.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkJournalTest {
    private static final Step STEP = new Step(7, 2, Step.Kind.RENAME, "d/a", "b", 0, 1, 2, -3);

    @TempDir
    private Path folder;

    @Test
    void shouldGiveBackWhatWasNotedAndWaitForATornLine() throws IOException {
        Path file = folder.resolve("journal");
        WorkJournal.Reader reader = new WorkJournal.Reader(file);
        assertEquals(List.of(), reader.poll());
        try (WorkJournal journal = WorkJournal.create(file, 42, () -> 1_000)) {
            journal.begin(STEP);
            assertEquals(List.of(new Note.Begin(1_000, STEP)), reader.poll());
            assertEquals(42, reader.seed());
            journal.end(STEP, Outcome.unknown("EIO two\nlines\tand a tab"));
            journal.newMount(3);
            journal.broken(3, "x is not there");
        }
        Files.writeString(file, "N\t1000\t4", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        assertEquals(
                List.of(
                        new Note.End(1_000, 7, Outcome.unknown("EIO two lines and a tab")),
                        new Note.NewMount(1_000, 3),
                        new Note.Broken(1_000, 3, "x is not there")),
                reader.poll());
        assertEquals(List.of(), reader.poll());
        Files.writeString(file, "\n", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        assertEquals(List.of(new Note.NewMount(1_000, 4)), reader.poll());
    }

    @Test
    void shouldNotWriteOverAWitness() throws IOException {
        Path file = Files.createFile(folder.resolve("journal"));
        assertThrows(FileAlreadyExistsException.class, () -> WorkJournal.create(file, 1, () -> 0));
    }
}
