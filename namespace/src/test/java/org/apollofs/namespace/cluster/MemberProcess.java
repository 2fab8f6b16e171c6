package org.apollofs.namespace.cluster;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apollofs.namespace.client.KeyValue;

/**
 * A member under load, as a process to be killed. Each of some threads counts up a key of its own, and says so on standard
 * output once the put is acknowledged: {@code thread count}. Arguments: folder, threads.
 */
public final class MemberProcess {
    /** Shorter than it is made to stand still. */
    private static final long LEASE_NS = 11_000_000_000L;

    private MemberProcess() {}

    public static void main(String[] arguments) {
        TestSite site = new TestSite(Path.of(arguments[0]));
        ClusterNamespace namespace = ClusterNamespace.connect(
                ClusterClientContext.beside(site.member()).leaseNs(LEASE_NS).threadFactory(TestSite::daemon));
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            int number = i;
            new Thread(() -> count(namespace, number)).start();
        }
    }

    static String key(int thread) {
        return "counters/" + thread;
    }

    private static void count(ClusterNamespace namespace, int thread) {
        long start = namespace
                .keyValue()
                .get(key(thread))
                .map(value -> Long.parseLong(new String(value.value(), StandardCharsets.UTF_8)))
                .orElse(0L);
        for (long count = start + 1; ; count++) {
            byte[] value = Long.toString(count).getBytes(StandardCharsets.UTF_8);
            namespace.keyValue().put(key(thread), value, KeyValue.ANY_VERSION);
            String line = thread + " " + count + "\n";
            // One write a line, so that lines of several threads do not mix.
            synchronized (MemberProcess.class) {
                System.out.print(line);
                System.out.flush();
            }
        }
    }
}
