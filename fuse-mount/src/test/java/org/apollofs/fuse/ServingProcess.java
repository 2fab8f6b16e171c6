package org.apollofs.fuse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.namespace.local.LocalNamespace;

/** Serves a mount in a process of its own until it is killed. Prints one line when it is mounted. */
final class ServingProcess {
    private ServingProcess() {}

    public static void main(String[] args) throws IOException {
        LocalNamespace namespace = LocalNamespace.open(Path.of(args[1]), new SystemEpochNanoClock());
        MemoryDataClient data = new MemoryDataClient(namespace, 24, 1024 * 1024);
        try (MountFixture fixture = new MountFixture(Path.of(args[0]), Backend.valueOf(args[2]), namespace, data, 8)) {
            System.out.println(fixture.mount.description());
            System.out.flush();
            while (System.in.read() >= 0) {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }
}
