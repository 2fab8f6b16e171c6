package org.apollofs.fuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.namespace.local.LocalNamespace;

/**
 * What the mount itself can move, over a data client that drops everything: run by hand, prints GB/s of fio and dd on both
 * backends in alternating rounds. Arguments: MiB for each run, rounds.
 */
final class MountThroughput {
    private MountThroughput() {}

    public static void main(String[] args) throws IOException {
        int mebibytes = args.length > 0 ? Integer.parseInt(args[0]) : 2048;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Path scratch = Files.createTempDirectory("apollo-throughput");
        for (int round = 0; round < rounds; round++) {
            for (Backend backend : new Backend[] {Backend.KERNEL, Backend.JNR}) {
                Path root = Files.createDirectories(scratch.resolve("mnt-" + round + backend));
                LocalNamespace namespace =
                        LocalNamespace.open(scratch.resolve("ns-" + round + backend), new SystemEpochNanoClock());
                NullDataClient data = new NullDataClient(64, 1 << 20);
                try (MountFixture fixture = new MountFixture(root, backend, namespace, data, 8)) {
                    System.out.println(round + " " + fixture.mount.description());
                    measure(fixture, "warm-up", 512, "--rw=write --bs=1M --numjobs=1 --filename=w");
                    measure(fixture, "write 1M x1", mebibytes, "--rw=write --bs=1M --numjobs=1 --filename=a");
                    measure(fixture, "rewrite 1M x2", mebibytes, "--rw=write --bs=1M --numjobs=2 --filename=a");
                    measure(fixture, "write 16M x1", mebibytes, "--rw=write --bs=16M --numjobs=1 --filename=b");
                    measure(fixture, "read 1M x1", mebibytes, "--rw=read --bs=1M --numjobs=1 --filename=a");
                    measure(fixture, "read 1M direct", mebibytes, "--rw=read --bs=1M --direct=1 --filename=a");
                    measure(fixture, "read 16M direct", mebibytes, "--rw=read --bs=16M --direct=1 --filename=a");
                }
                data.close();
                namespace.close();
            }
        }
    }

    private static void measure(MountFixture fixture, String name, int mebibytes, String options) {
        String output = fixture.shell("fio --name=x --ioengine=psync --fallocate=none --invalidate=1 --group_reporting"
                + " --output-format=terse --terse-version=3 --size=" + mebibytes + "M " + options);
        String[] fields = output.strip().split(";");
        long kibibytes = Long.parseLong(fields[6]) + Long.parseLong(fields[47]);
        System.out.printf("  %-16s %6.2f GB/s%n", name, kibibytes * 1024 / 1e9);
    }
}
