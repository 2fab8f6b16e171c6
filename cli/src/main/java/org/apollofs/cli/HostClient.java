package org.apollofs.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.client.ApolloClient;
import org.apollofs.dataplane.client.ClientContext;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.profile.TargetProfile;
import org.apollofs.transport.Network;

/** Makes the host's data plane client of a profile. */
final class HostClient {
    private HostClient() {}

    /** @param clock of all deadlines. @return the client; its agent is to be run before the first call. */
    static ApolloClient open(HardwareProfile profile, Network network, Namespace namespace, NanoClock clock) {
        LayoutProfile layout = profile.layout();
        int slabs = profile.engine().hostSlabs();
        return new ApolloClient(new ClientContext()
                .namespace(namespace)
                .network(network)
                .clock(clock)
                .targetIds(
                        profile.targets().stream().mapToInt(TargetProfile::id).toArray())
                .failureDomains(domains(profile))
                .layout(new StripeLayout(layout.dataChunks(), layout.parityChunks(), layout.chunkLength()))
                .inlineLimit(layout.inlineLimit())
                .maxRequestLength(profile.mount().maxWrite())
                // What is read ahead and what is written are held about as long; parity is k/m of the data.
                .dataSlabs(slabs * 2 / 5)
                .paritySlabs(slabs / 5)
                .readSlabs(slabs * 2 / 5)
                .patienceNs(TimeUnit.MILLISECONDS.toNanos(profile.mount().errorAfterMs()))
                .readTimeoutNs(TimeUnit.MILLISECONDS.toNanos(profile.engine().hedgeAfterMs())));
    }

    private static int[] domains(HardwareProfile profile) {
        Map<String, Integer> numbers = new HashMap<>();
        return profile.targets().stream()
                .mapToInt(target -> numbers.computeIfAbsent(target.failureDomain(), name -> numbers.size()))
                .toArray();
    }
}
