package org.apollofs.namespace.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.client.NamespaceLimits;

/**
 * An entry of the change log as it stands in the state and on the wire: fields of fixed length, then numbers of as few bytes
 * as they need (LEB128, unsigned), then the paths.
 *
 * <pre>
 *  0        2        10                  14
 *  | length | timeNs | transaction − own | op | inode | parent | size | session | pathLength | otherLength | path | other path |
 * </pre>
 *
 * Little-endian. {@code length} is an uint16 of the bytes behind it. {@code transaction} is the sequence of the last entry of
 * the transaction, less the entry's own, as an int32: it is set when the transaction ends. Neighbours in the log stand one
 * behind the other, as a run. A put of a short path takes about 25 bytes and the path.
 *
 * <p>An instance is a view of one entry at a time; one thread at a time.
 */
public final class ChangeRecord implements ChangeView {
    /** Bytes before a run of entries in an answer: int64 sequence of the first, int32 length of the run. */
    public static final int RUN_HEADER = Long.BYTES + Integer.BYTES;

    private static final int TIME = Short.BYTES;
    private static final int TRANSACTION = TIME + Long.BYTES;
    private static final int OPERATION = TRANSACTION + Integer.BYTES;
    private static final int NUMBERS = OPERATION + Byte.BYTES;
    /** Bytes after which other threads may run: some 50 us. */
    private static final int YIELD_LENGTH = 128 * 1024;

    private static final int MAX_NUMBER = 10;
    private static final int MAX_PATH_LENGTH = 2;

    /** Bytes of the longest entry. */
    public static final int MAX_LENGTH =
            NUMBERS + 4 * MAX_NUMBER + 2 * MAX_PATH_LENGTH + 2 * NamespaceLimits.PATH_LENGTH;

    private DirectBuffer buffer;
    private int start;
    private long sequence;
    private long inode;
    private long parent;
    private long size;
    private long session;
    private int pathOffset;
    private int pathLength;
    private int otherLength;
    /** Where the next number begins. */
    private int at;

    /**
     * Bytes of an entry.
     *
     * @param pathLength bytes of its path.
     * @param otherLength bytes of its other path.
     */
    public static int length(long inode, long parent, long size, long session, int pathLength, int otherLength) {
        return NUMBERS
                + lengthOf(inode)
                + lengthOf(parent)
                + lengthOf(size)
                + lengthOf(session)
                + lengthOf(pathLength)
                + lengthOf(otherLength)
                + pathLength
                + otherLength;
    }

    /**
     * Puts an entry that is a transaction of its own, but for its paths.
     *
     * @return where the path goes; the other one comes behind it, and then the next entry.
     */
    public static int put(
            MutableDirectBuffer to,
            int offset,
            long timeNs,
            ChangeOperation operation,
            long inode,
            long parent,
            long size,
            long session,
            int pathLength,
            int otherLength) {
        to.putLong(offset + TIME, timeNs, LITTLE_ENDIAN);
        to.putInt(offset + TRANSACTION, 0, LITTLE_ENDIAN);
        to.putByte(offset + OPERATION, (byte) operation.code());
        int at = putNumber(to, offset + NUMBERS, inode);
        at = putNumber(to, at, parent);
        at = putNumber(to, at, size);
        at = putNumber(to, at, session);
        at = putNumber(to, at, pathLength);
        at = putNumber(to, at, otherLength);
        to.putShort(offset, (short) (at + pathLength + otherLength - offset - Short.BYTES), LITTLE_ENDIAN);
        return at;
    }

    /** Sets of which transaction an entry is, by the sequence of the last one less its own. */
    public static void setTransaction(MutableDirectBuffer buffer, int offset, long distance) {
        buffer.putInt(offset + TRANSACTION, (int) distance, LITTLE_ENDIAN);
    }

    /** Where the entry behind one at an offset begins. */
    public static int after(DirectBuffer buffer, int offset) {
        return offset + Short.BYTES + Short.toUnsignedInt(buffer.getShort(offset, LITTLE_ENDIAN));
    }

    /** Time of the entry at an offset. */
    public static long timeNs(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + TIME, LITTLE_ENDIAN);
    }

    /** Puts neighbours behind a header that says of which sequence the first is. @return where the next run goes. */
    public static int putRun(MutableDirectBuffer to, int at, long first, DirectBuffer run) {
        to.putLong(at, first, LITTLE_ENDIAN);
        to.putInt(at + Long.BYTES, run.capacity(), LITTLE_ENDIAN);
        to.putBytes(at + RUN_HEADER, run, 0, run.capacity());
        return at + RUN_HEADER + run.capacity();
    }

    /**
     * Hands out the entries of runs that stand one behind the other. Now and then it lets other threads run: those that wait for
     * a processor are a writer's, as a rule, and more urgent.
     */
    public void forEachOfRuns(DirectBuffer runs, int offset, int length, Handler handler) {
        int run = offset;
        int yieldAt = offset + YIELD_LENGTH;
        while (run < offset + length) {
            if (run >= yieldAt) {
                yieldAt = run + YIELD_LENGTH;
                YieldingIdleStrategy.INSTANCE.idle();
            }
            int runLength = runs.getInt(run + Long.BYTES, LITTLE_ENDIAN);
            forEach(runs.getLong(run, LITTLE_ENDIAN), runs, run + RUN_HEADER, runLength, handler);
            run += RUN_HEADER + runLength;
        }
    }

    /**
     * Hands out the entries of a run.
     *
     * @param first sequence of the first.
     */
    private void forEach(long first, DirectBuffer run, int offset, int length, Handler handler) {
        long number = first;
        for (int entry = offset; entry < offset + length; entry = after(run, entry)) {
            handler.onChange(wrap(number++, run, entry));
        }
    }

    /** Becomes a view of the entry at an offset. */
    public ChangeRecord wrap(long ofSequence, DirectBuffer in, int offset) {
        buffer = in;
        start = offset;
        sequence = ofSequence;
        at = offset + NUMBERS;
        inode = number();
        parent = number();
        size = number();
        session = number();
        pathLength = (int) number();
        otherLength = (int) number();
        pathOffset = at;
        return this;
    }

    private long number() {
        byte next = buffer.getByte(at++);
        long value = next & 0x7f;
        for (int shift = 7; next < 0; shift += 7) {
            next = buffer.getByte(at++);
            value |= (next & 0x7fL) << shift;
        }
        return value;
    }

    private static int putNumber(MutableDirectBuffer to, int offset, long value) {
        int at = offset;
        long left = value;
        while ((left & ~0x7fL) != 0) {
            to.putByte(at++, (byte) (left | 0x80));
            left >>>= 7;
        }
        to.putByte(at++, (byte) left);
        return at;
    }

    private static int lengthOf(long value) {
        return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public long timeNs() {
        return timeNs(buffer, start);
    }

    @Override
    public ChangeOperation operation() {
        return ChangeOperation.of(buffer.getByte(start + OPERATION) & 0xff);
    }

    @Override
    public int pathLength() {
        return pathLength;
    }

    /** Bytes of the other path. */
    public int otherLength() {
        return otherLength;
    }

    /** Where the path begins in the buffer; the other one is behind it. */
    public int pathOffset() {
        return pathOffset;
    }

    @Override
    public void getPath(byte[] to, int offset) {
        buffer.getBytes(pathOffset, to, offset, pathLength);
    }

    @Override
    public String path() {
        return text(pathOffset, pathLength);
    }

    @Override
    public String otherPath() {
        return text(pathOffset + pathLength, otherLength);
    }

    private String text(int offset, int length) {
        if (length == 0) {
            return "";
        }
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new String(bytes, UTF_8);
    }

    @Override
    public long inode() {
        return inode;
    }

    @Override
    public long parent() {
        return parent;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long transaction() {
        return sequence + buffer.getInt(start + TRANSACTION, LITTLE_ENDIAN);
    }

    @Override
    public long session() {
        return session;
    }
}
