package org.apollofs.namespace.cluster;

import java.nio.charset.StandardCharsets;
import org.apollofs.namespace.client.KeyValue;

/** A client in a process of its own. Arguments: folder of the media driver, key, value to put; exits 0 if it reads it back. */
public final class ClientProcess {
    private ClientProcess() {}

    public static void main(String[] arguments) {
        byte[] value = arguments[2].getBytes(StandardCharsets.UTF_8);
        boolean isSame;
        try (ClusterNamespace namespace = ClusterNamespace.connect(
                new ClusterClientContext().aeronDirectory(arguments[0]).threadFactory(TestSite::daemon))) {
            namespace.keyValue().put(arguments[1], value, KeyValue.ABSENT);
            isSame = java.util.Arrays.equals(
                    value, namespace.keyValue().get(arguments[1]).orElseThrow().value());
        }
        System.exit(isSame ? 0 : 1);
    }
}
