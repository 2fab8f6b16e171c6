package org.apollofs.perf.workload;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How this JVM words EIO. Java keeps the words of strerror(3), in the user's language, and drops the number; so the
 * kernel is asked for an EIO once: reading one's own unmapped address 0 gives one (proc(5), /proc/pid/mem).
 */
final class EioText {
    private static final String TEXT = provoke();

    private EioText() {}

    static boolean isEio(IOException e) {
        return e.getMessage() != null && e.getMessage().contains(TEXT);
    }

    private static String provoke() {
        try (FileChannel memory = FileChannel.open(Path.of("/proc/self/mem"), StandardOpenOption.READ)) {
            memory.read(ByteBuffer.allocateDirect(1), 0);
        } catch (IOException e) {
            if (e.getMessage() != null) {
                return e.getMessage();
            }
        }
        return "Input/output error";
    }
}
