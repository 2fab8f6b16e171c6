package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Who is told of what, and how often. */
class WriteErrorsTest {
    private final WriteErrors errors = new WriteErrors();
    private final DataException full = new DataException(DataException.Kind.NO_SPACE, "full");
    private final DataException broken = new DataException(DataException.Kind.IO_ERROR, "broken");

    @Test
    void shouldTellEachHandleOnceByWriteAndOnceByFsync() {
        WriteErrors.Watch first = errors.watch();
        WriteErrors.Watch second = errors.watch();
        errors.onLoss(full);
        told(full, first::throwAtWrite);
        told(full, first::throwAtSync);
        silent(first);
        told(full, second::throwAtSync);
        told(full, second::throwAtWrite);
        // A write that told of it may have come back short.
        told(full, second::throwAtSync);
        silent(second);
    }

    @Test
    void shouldTellACloseWhatNoFsyncHasTold() {
        WriteErrors.Watch first = errors.watch();
        WriteErrors.Watch second = errors.watch();
        errors.onLoss(full);
        told(full, first::throwAtWrite);
        told(full, first::throwAtClose);
        assertDoesNotThrow(first::throwAtClose);
        told(full, second::throwAtSync);
        assertDoesNotThrow(second::throwAtClose);
    }

    @Test
    void shouldTellOfEachLoss() {
        WriteErrors.Watch watch = errors.watch();
        errors.onLoss(full);
        told(full, watch::throwAtSync);
        errors.onLoss(broken);
        errors.onLoss(full);
        errors.onLoss(broken);
        told(broken, watch::throwAtWrite);
        told(broken, watch::throwAtSync);
        silent(watch);
    }

    @Test
    void shouldTellALaterHandleWhatNobodyWasTold() {
        WriteErrors.Watch writer = errors.watch();
        errors.onLoss(full);
        told(full, writer::throwAtWrite);
        WriteErrors.Watch later = errors.watch();
        assertDoesNotThrow(later::throwAtWrite);
        told(full, later::throwAtSync);
        WriteErrors.Watch last = errors.watch();
        silent(last);
        told(full, writer::throwAtSync);
    }

    @Test
    void shouldFailTheFsyncAfterARefusedWriteOfItsHandleAlone() {
        WriteErrors.Watch first = errors.watch();
        WriteErrors.Watch second = errors.watch();
        first.onRefused(full);
        silent(second);
        assertDoesNotThrow(first::throwAtWrite);
        assertDoesNotThrow(first::throwAtClose);
        told(full, first::throwAtSync);
        silent(first);
    }

    @Test
    void shouldTellOfALossRatherThanOfARefusal() {
        WriteErrors.Watch watch = errors.watch();
        watch.onRefused(full);
        errors.onLoss(broken);
        told(broken, watch::throwAtSync);
        assertDoesNotThrow(watch::throwAtSync);
    }

    @Test
    void shouldCountWhatAReleaseTellsForItsHandleAlone() {
        WriteErrors.Watch reader = errors.watch();
        WriteErrors.Watch writer = errors.watch();
        assertDoesNotThrow(writer::throwAtWrite);
        errors.onLoss(full);
        assertDoesNotThrow(reader::throwAtRelease);
        told(full, writer::throwAtRelease);
        told(full, errors.watch()::throwAtSync);
    }

    @Test
    void shouldPassOverForPagesOfTheKernel() {
        WriteErrors.Watch watch = errors.watch();
        errors.onLoss(full);
        watch.passOverAtWrite();
        assertDoesNotThrow(watch::throwAtWrite);
        told(full, watch::throwAtSync);
    }

    private static void silent(WriteErrors.Watch watch) {
        assertDoesNotThrow(watch::throwAtWrite);
        assertDoesNotThrow(watch::throwAtSync);
        assertDoesNotThrow(watch::throwAtClose);
    }

    private static void told(DataException expected, org.junit.jupiter.api.function.Executable call) {
        DataException told = assertThrows(DataException.class, call);
        assertEquals(expected.kind(), told.kind());
        assertNotSame(expected, told, "the stack is to be of the call that is told");
    }
}
