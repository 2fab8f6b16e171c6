package org.apollofs.namespace.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.client.ChangeOperation;

/**
 * An entry of the change log as it stands in the state and on the wire.
 *
 * <pre>
 *  0        8       16       24     32            40        48     52           56
 *  | timeNs | inode | parent | size | transaction | session | op | pathLength | otherLength | path | other path |
 * </pre>
 *
 * Little-endian. {@code transaction} is the sequence of the last entry of the transaction. An instance decodes any number of
 * entries; one thread at a time.
 */
public final class ChangeRecord {
    public static final int TIME = 0;
    public static final int INODE = 8;
    public static final int PARENT = 16;
    public static final int SIZE = 24;
    public static final int TRANSACTION = 32;
    public static final int SESSION = 40;
    public static final int OPERATION = 48;
    public static final int PATH_LENGTH = 52;
    public static final int OTHER_LENGTH = 56;
    public static final int PATH = 60;

    /** Bytes before a run of entries in an answer: int64 sequence of the first, int32 length of the run. */
    public static final int RUN_HEADER = Long.BYTES + Integer.BYTES;

    private byte[] scratch = new byte[256];

    /**
     * Entries that are neighbours in the log, each behind its length: {@code | int32 length | entry ... | int32 length | ...}.
     *
     * @param sequence of the first.
     */
    public void decodeRun(long sequence, DirectBuffer buffer, int offset, int length, Consumer<Change> consumer) {
        int at = offset;
        for (long number = sequence; at < offset + length; number++) {
            consumer.accept(decode(number, buffer, at + Integer.BYTES));
            at += Integer.BYTES + buffer.getInt(at, LITTLE_ENDIAN);
        }
    }

    /** The entry at an offset. */
    public Change decode(long sequence, DirectBuffer buffer, int offset) {
        int pathLength = buffer.getInt(offset + PATH_LENGTH, LITTLE_ENDIAN);
        return new Change(
                sequence,
                buffer.getLong(offset + TIME, LITTLE_ENDIAN),
                ChangeOperation.of(buffer.getInt(offset + OPERATION, LITTLE_ENDIAN)),
                text(buffer, offset + PATH, pathLength),
                text(buffer, offset + PATH + pathLength, buffer.getInt(offset + OTHER_LENGTH, LITTLE_ENDIAN)),
                buffer.getLong(offset + INODE, LITTLE_ENDIAN),
                buffer.getLong(offset + PARENT, LITTLE_ENDIAN),
                buffer.getLong(offset + SIZE, LITTLE_ENDIAN),
                buffer.getLong(offset + TRANSACTION, LITTLE_ENDIAN),
                buffer.getLong(offset + SESSION, LITTLE_ENDIAN));
    }

    private String text(DirectBuffer buffer, int offset, int length) {
        if (length == 0) {
            return "";
        }
        if (length > scratch.length) {
            scratch = new byte[2 * length];
        }
        buffer.getBytes(offset, scratch, 0, length);
        return new String(scratch, 0, length, StandardCharsets.UTF_8);
    }
}
