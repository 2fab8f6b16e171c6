package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apollofs.io.os.Errno;
import org.junit.jupiter.api.Test;

class UringOperationTest {
    private static final int BLOCK = 512;
    private static final int LENGTH = 8 * BLOCK;

    private final UringOperation operation = new UringOperation(0);

    UringOperationTest() {
        operation.length = LENGTH;
    }

    @Test
    void shouldGoOnAfterInterruptionsAndBusyDrives() {
        assertEquals(UringOperation.UNFINISHED, operation.onResult(-Errno.EINTR, BLOCK));
        assertEquals(UringOperation.UNFINISHED, operation.onResult(-Errno.EAGAIN, BLOCK));
        assertEquals(0, operation.done);
        assertEquals(LENGTH, operation.onResult(LENGTH, BLOCK));
    }

    @Test
    void shouldGoOnAfterShortTransfersAtABlock() {
        assertEquals(UringOperation.UNFINISHED, operation.onResult(3 * BLOCK + 17, BLOCK));
        assertEquals(3 * BLOCK, operation.done);
        assertEquals(UringOperation.UNFINISHED, operation.onResult(-Errno.EAGAIN, BLOCK));
        assertEquals(3 * BLOCK, operation.done);
        assertEquals(LENGTH, operation.onResult(5 * BLOCK, BLOCK));
    }

    @Test
    void shouldGiveUpAtLast() {
        for (int i = 0; i < UringOperation.MAX_RETRIES; i++) {
            assertEquals(UringOperation.UNFINISHED, operation.onResult(-Errno.EAGAIN, BLOCK));
        }
        assertEquals(-Errno.EAGAIN, operation.onResult(-Errno.EAGAIN, BLOCK));
        UringOperation creeping = new UringOperation(1);
        creeping.length = LENGTH;
        for (int i = 0; i < UringOperation.MAX_RETRIES; i++) {
            assertEquals(UringOperation.UNFINISHED, creeping.onResult(1, BLOCK));
        }
        assertEquals(-Errno.EIO, creeping.onResult(1, BLOCK));
    }

    @Test
    void shouldReportWhatTheDiskSays() {
        assertEquals(-Errno.EIO, operation.onResult(-Errno.EIO, BLOCK));
        assertEquals(-Errno.ENOSPC, operation.onResult(-Errno.ENOSPC, BLOCK));
        assertEquals(-Errno.EIO, operation.onResult(0, BLOCK));
        operation.sync = true;
        assertEquals(0, operation.onResult(0, BLOCK));
        assertEquals(-Errno.EIO, operation.onResult(-Errno.EIO, BLOCK));
    }
}
