package org.apollofs.transport.aeron;

import java.util.ArrayDeque;
import java.util.Deque;

/** Assemblies that are not in use; as many come to be as chunks arrive at once, one a slab. The target's thread only. */
final class AssemblyPool {
    private final Deque<WriteAssembly> free = new ArrayDeque<>();

    WriteAssembly take() {
        WriteAssembly assembly = free.pollLast();
        return assembly == null ? new WriteAssembly() : assembly;
    }

    void giveBack(WriteAssembly assembly) {
        assembly.slab = null;
        free.addLast(assembly);
    }
}
