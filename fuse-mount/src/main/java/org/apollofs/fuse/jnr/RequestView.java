package org.apollofs.fuse.jnr;

import java.nio.charset.StandardCharsets;
import jnr.ffi.Pointer;

/**
 * The kernel's request behind libfuse's callbacks (fuse_in_header of 40 bytes, then the arguments), to tell what libfuse
 * does on its own account from what a program asked for. One thread.
 */
final class RequestView {
    private static final String HIDDEN_PREFIX = ".fuse_hidden";
    private static final int OPCODE = 4;
    private static final int ARGUMENTS = 40;
    private static final int UNLINK = 10;
    private static final int RENAME = 12;
    private static final int RENAME2 = 45;

    private Pointer buffer;
    private int length;

    /** Looks at another request. */
    void wrap(Pointer request, int requestLength) {
        buffer = request;
        length = requestLength;
    }

    /** Whether a program asked to unlink. */
    boolean isUnlink() {
        return buffer.getInt(OPCODE) == UNLINK;
    }

    /** Whether a rename to this name is libfuse's own, to hide an open file, and not the program's. */
    boolean isHiding(String newName) {
        if (!newName.startsWith(HIDDEN_PREFIX)) {
            return false;
        }
        int opcode = buffer.getInt(OPCODE);
        if (opcode != RENAME && opcode != RENAME2) {
            return true;
        }
        // The program's new name ends the request, before its last zero.
        byte[] bytes = newName.getBytes(StandardCharsets.UTF_8);
        int start = length - 1 - bytes.length;
        if (start <= ARGUMENTS || buffer.getByte(start - 1) != 0) {
            return true;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (buffer.getByte((long) start + i) != bytes[i]) {
                return true;
            }
        }
        return false;
    }
}
