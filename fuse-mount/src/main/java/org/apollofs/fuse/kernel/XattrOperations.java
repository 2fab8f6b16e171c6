package org.apollofs.fuse.kernel;

import static org.apollofs.fuse.kernel.FuseProtocol.IN_HEADER_LENGTH;
import static org.apollofs.fuse.kernel.FuseProtocol.OUT_HEADER_LENGTH;

import org.apollofs.fuse.ExtendedAttributes;
import org.apollofs.fuse.FuseException;
import org.apollofs.io.os.Errno;

/**
 * Requests about extended attributes, on one channel. One thread.
 *
 * <pre>
 *  GETXATTR     fuse_getxattr_in, name           4 bytes size, 4 bytes padding
 *  LISTXATTR    fuse_getxattr_in
 *  SETXATTR     fuse_setxattr_in, name, value    4 bytes size, 4 bytes flags (without FUSE_SETXATTR_EXT)
 *  REMOVEXATTR  name
 * </pre>
 *
 * The size is that of the caller's buffer; 0 asks how large it has to be.
 */
final class XattrOperations {
    private static final int SIZE = IN_HEADER_LENGTH;
    private static final int FLAGS = IN_HEADER_LENGTH + 4;
    private static final int FIXED_END = IN_HEADER_LENGTH + 8;
    private static final int ROOT = 0;

    private final KernelChannel channel;
    private final ExtendedAttributes attributes;

    XattrOperations(KernelChannel channel, ExtendedAttributes attributes) {
        this.channel = channel;
        this.attributes = attributes;
    }

    /** @param length of the request. @return what the channel said of the reply. */
    int answer(int opcode, long unique, int length) {
        long node = channel.request.getLong(FuseProtocol.IN_NODE);
        switch (opcode) {
            case FuseProtocol.GETXATTR -> {
                byte[] value = attributes.get(node, channel.name(FIXED_END, length));
                channel.out.putBytes(OUT_HEADER_LENGTH, value);
                return sized(unique, value.length);
            }
            case FuseProtocol.LISTXATTR -> {
                return list(node, unique);
            }
            case FuseProtocol.SETXATTR -> set(node, length);
            default -> attributes.remove(node, channel.name(IN_HEADER_LENGTH, length));
        }
        return channel.replyError(unique, 0);
    }

    private int list(long node, long unique) {
        int end = OUT_HEADER_LENGTH;
        for (byte[] name : attributes.list(node, channel.request.getInt(FuseProtocol.IN_UID) == ROOT)) {
            channel.out.putBytes(end, name);
            channel.out.putByte(end + name.length, (byte) 0);
            end += name.length + 1;
        }
        return sized(unique, end - OUT_HEADER_LENGTH);
    }

    private void set(long node, int length) {
        byte[] name = channel.name(FIXED_END, length);
        int start = FIXED_END + name.length + 1;
        int size = channel.request.getInt(SIZE);
        if (size < 0 || size > length - start) {
            throw new FuseException(Errno.E2BIG, "setxattr: value is not whole: size=" + size);
        }
        byte[] value = new byte[size];
        channel.request.getBytes(start, value);
        attributes.set(node, name, value, channel.request.getInt(FLAGS));
    }

    /** Replies with what was put behind the header, or its length. */
    private int sized(long unique, int length) {
        int size = channel.request.getInt(SIZE);
        if (size == 0) {
            channel.out.putLong(OUT_HEADER_LENGTH, length);
            return channel.reply(unique, FuseProtocol.GETXATTR_OUT_LENGTH);
        }
        return length > size ? channel.replyError(unique, Errno.ERANGE) : channel.reply(unique, length);
    }
}
