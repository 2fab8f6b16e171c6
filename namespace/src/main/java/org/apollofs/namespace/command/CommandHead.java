package org.apollofs.namespace.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.command.sbe.GrantLeaseDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.OpenSessionDecoder;

/**
 * What every command and every result begins with, whatever its template: SBE's header, then session and command id, and,
 * in a command, the id below which all answers have arrived. See the schema.
 */
public final class CommandHead {
    private static final int SESSION = MessageHeaderDecoder.ENCODED_LENGTH;
    private static final int COMMAND_ID = SESSION + Long.BYTES;
    private static final int ACKED_BELOW = COMMAND_ID + Long.BYTES;

    /** Bytes of the shortest command. */
    public static final int COMMAND_LENGTH = ACKED_BELOW + Long.BYTES;

    /** Bytes of the shortest result. */
    public static final int RESULT_LENGTH = COMMAND_ID + Long.BYTES;

    private CommandHead() {}

    public static int templateId(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + MessageHeaderDecoder.templateIdEncodingOffset(), LITTLE_ENDIAN) & 0xFFFF;
    }

    public static int blockLength(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + MessageHeaderDecoder.blockLengthEncodingOffset(), LITTLE_ENDIAN) & 0xFFFF;
    }

    public static int version(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + MessageHeaderDecoder.versionEncodingOffset(), LITTLE_ENDIAN) & 0xFFFF;
    }

    /** Whether schema and version are ones that this build can read. */
    public static boolean isSupported(DirectBuffer buffer, int offset) {
        int schema = buffer.getShort(offset + MessageHeaderDecoder.schemaIdEncodingOffset(), LITTLE_ENDIAN) & 0xFFFF;
        return schema == OpenSessionDecoder.SCHEMA_ID && version(buffer, offset) <= OpenSessionDecoder.SCHEMA_VERSION;
    }

    public static long session(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + SESSION, LITTLE_ENDIAN);
    }

    public static long commandId(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + COMMAND_ID, LITTLE_ENDIAN);
    }

    public static long ackedBelow(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + ACKED_BELOW, LITTLE_ENDIAN);
    }

    /** Whether a command may bring nearer the time at which the next lease ends. */
    public static boolean startsLease(DirectBuffer buffer, int offset) {
        int template = templateId(buffer, offset);
        return template == OpenSessionDecoder.TEMPLATE_ID || template == GrantLeaseDecoder.TEMPLATE_ID;
    }

    /** Sets what the sender knows only when it sends. */
    public static void stamp(MutableDirectBuffer buffer, int offset, long session, long commandId, long ackedBelow) {
        buffer.putLong(offset + SESSION, session, LITTLE_ENDIAN);
        buffer.putLong(offset + COMMAND_ID, commandId, LITTLE_ENDIAN);
        buffer.putLong(offset + ACKED_BELOW, ackedBelow, LITTLE_ENDIAN);
    }
}
