package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FramesTest {
    private final ExpandableDirectByteBuffer message = new ExpandableDirectByteBuffer();
    private final CRC32C checksum = new CRC32C();
    private final List<String> found = new ArrayList<>();

    private int put(String... commands) {
        int at = 8;
        for (String command : commands) {
            byte[] bytes = command.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            at = Frames.putCommand(message, at, new UnsafeBuffer(bytes), 0, bytes.length, checksum);
        }
        return at - 8;
    }

    private boolean read(int length) {
        found.clear();
        return Frames.forEach(
                message,
                8,
                length,
                checksum,
                (buffer, offset, bytes, isWhole) ->
                        found.add(isWhole ? buffer.getStringWithoutLengthAscii(offset, bytes) : "torn"));
    }

    @Test
    void shouldHoldSeveralCommands() {
        int length = put("one", "twotwotwo", "3");
        assertEquals(0, length % 8);
        assertTrue(read(length));
        assertEquals(List.of("one", "twotwotwo", "3"), found);
    }

    @Test
    void shouldTellATornCommandFromAWholeOne() {
        int length = put("one", "twotwotwo", "3");
        message.putByte(8 + Frames.framed(3) + Frames.HEADER_LENGTH + 4, (byte) 0);
        assertTrue(read(length));
        assertEquals(List.of("one", "torn", "3"), found);
    }

    @Test
    void shouldTakeNothingForCommands() {
        message.setMemory(0, 128, (byte) 0);
        assertFalse(read(64));
        assertEquals(List.of(), found);
    }

    @Test
    void shouldStopAtALengthThatCannotBe() {
        int length = put("one", "two");
        message.putInt(8 + Frames.framed(3), 1000);
        assertFalse(read(length));
        assertEquals(List.of("one"), found);
        assertFalse(read(length - 1));
    }
}
