package org.apollofs.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Gives the process its real standard error back.
 *
 * <p>The JVM prints a warning about the incubating vector module before any code of ours runs, and has no flag against
 * it. So the launcher starts it with descriptor 2 behind a filter, and the real one as the descriptor named in
 * {@code apollo.stderr.fd}; here it is put back, and the filter ends.
 */
final class StandardError {
    private StandardError() {}

    @SuppressWarnings("restricted")
    static void restore() {
        Integer descriptor = Integer.getInteger("apollo.stderr.fd");
        if (descriptor == null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor type =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        MethodHandle dup2 =
                linker.downcallHandle(linker.defaultLookup().find("dup2").orElseThrow(), type);
        FunctionDescriptor closeType = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        MethodHandle close =
                linker.downcallHandle(linker.defaultLookup().find("close").orElseThrow(), closeType);
        try {
            int copied = (int) dup2.invokeExact((int) descriptor, 2);
            int closed = (int) close.invokeExact((int) descriptor);
            if (copied < 0 || closed < 0) {
                System.err.println(
                        "apollo: standard error stays behind the launcher's filter: descriptor=" + descriptor);
            }
        } catch (Throwable failure) {
            throw new IllegalStateException("dup2 of standard error: descriptor=" + descriptor, failure);
        }
    }
}
