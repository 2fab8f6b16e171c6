package org.apollofs.perf.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointLayoutTest {
    private static final double GIB = 1L << 30;

    @Test
    void shouldHaveTheTotalsOfThePublishedWorkload() {
        CheckpointLayout layout = CheckpointLayout.llama3x8b();

        assertEquals(8, layout.ranks());
        assertEquals(16, layout.files().size());
        assertEquals(104.70, layout.tensorBytes() / GIB, 0.005);
        for (int rank = 0; rank < 8; rank++) {
            List<Integer> files = layout.filesOf(rank);
            assertEquals(2, files.size());
            CheckpointFile model = layout.files().get(files.get(0));
            CheckpointFile optimizer = layout.files().get(files.get(1));
            assertEquals("zero_pp_rank_" + rank + "_mp_rank_0_model_states.pt", model.name());
            assertEquals("zero_pp_rank_" + rank + "_mp_rank_0_optim_states.pt", optimizer.name());
            assertEquals(195, model.tensorCount());
            assertEquals(6, optimizer.tensorCount());
            assertEquals(1.870, model.tensorBytes() / GIB, 0.0005);
            assertEquals(11.218, optimizer.tensorBytes() / GIB, 0.0005);
            assertEquals(4_015_130_624L, optimizer.tensorBytes(0));
        }
        // bf16 model: two bytes a parameter, and the 8.03e9 parameters of the model over 8 ranks.
        assertEquals(8_030_261_248L * 2 / 8, layout.files().get(0).tensorBytes());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 20, 64L << 20, 2L << 30, 100L << 30})
    void shouldKeepTheShapeWhenScaled(long size) {
        CheckpointLayout layout = CheckpointLayout.llama3x8b().scaledTo(size);

        assertEquals(1.0, (double) layout.tensorBytes() / size, 0.03);
        assertEquals(16, layout.files().size());
        double share = (double) layout.files().get(1).tensorBytes() / layout.tensorBytes();
        assertEquals(11.218 / 104.70, share, 0.005);
        for (CheckpointFile file : layout.files()) {
            shouldPlaceStoragesAsTorchDoes(file);
        }
    }

    private static void shouldPlaceStoragesAsTorchDoes(CheckpointFile file) {
        List<FilePlan.Piece> pieces = file.plan().pieces();
        long end = 0;
        int tensors = 0;
        for (FilePlan.Piece piece : pieces) {
            assertEquals(end, piece.offset(), "pieces leave no hole");
            assertTrue(piece.length() > 0);
            end += piece.length();
            if (piece.tensor()) {
                assertEquals(0, piece.offset() % 64);
                assertNotEquals(0, piece.offset() % 4096);
                assertEquals(file.tensorBytes(tensors++), piece.length());
            } else if (end < file.plan().length()) {
                assertTrue(piece.length() <= 896);
            }
        }
        assertEquals(file.tensorCount(), tensors);
        assertEquals(end, file.plan().length());
        assertEquals(896, pieces.getFirst().length());
        long base = file.plan().tailLength() - 100L * file.tensorCount();
        assertTrue(base > 500 && base < 1500, "tail without tensors: " + base);
    }

    @Test
    void shouldLayOutTheRecordedFile() {
        // The tensors of workloads/fileobj.ops: 16 MiB, 4,000 B, 48 MiB, 20 B.
        FilePlan plan = FilePlan.of(new long[] {16 << 20, 4000, 48 << 20, 20});

        long[] starts = plan.pieces().stream()
                .filter(FilePlan.Piece::tensor)
                .mapToLong(FilePlan.Piece::offset)
                .toArray();
        assertEquals(896, starts[0]);
        assertEquals(16_778_112 + 64, starts[1]);
        assertEquals(16_782_272, starts[2]);
        assertEquals(67_113_920 + 64, starts[3], Arrays.toString(starts));
    }

    @Test
    void shouldRefuseATotalWithoutShape() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointLayout.llama3x8b().scaledTo(1000));
        assertTrue(e.getMessage().contains("1000"));
    }
}
