package org.apollofs.transport.aeron;

import org.apollofs.transport.NetworkContractTest;
import org.apollofs.transport.NetworkFixture;

class AeronUdpNetworkTest extends NetworkContractTest {
    @Override
    protected NetworkFixture open(long requestTimeoutNs) {
        return new AeronFixture(true, requestTimeoutNs);
    }
}
