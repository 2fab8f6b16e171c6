package org.apollofs.transport.memory;

import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.transport.Network;
import org.apollofs.transport.NetworkContractTest;
import org.apollofs.transport.NetworkFixture;

class InMemoryNetworkTest extends NetworkContractTest {
    @Override
    protected NetworkFixture open(long requestTimeoutNs) {
        InMemoryNetwork network = new InMemoryNetwork(SystemNanoClock.INSTANCE, requestTimeoutNs);
        return new NetworkFixture() {
            @Override
            public Network host() {
                return network;
            }

            @Override
            public Network target() {
                return network;
            }

            @Override
            public void isolate(int targetId) {
                network.isolate(targetId, true);
            }

            @Override
            public void heal(int targetId) {
                network.isolate(targetId, false);
            }

            @Override
            public void close() {
                network.close();
            }
        };
    }
}
