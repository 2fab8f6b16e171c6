package org.apollofs.transport.aeron;

import org.apollofs.transport.NetworkContractTest;
import org.apollofs.transport.NetworkFixture;

class AeronIpcNetworkTest extends NetworkContractTest {
    @Override
    protected NetworkFixture open(long requestTimeoutNs) {
        return new AeronFixture(false, requestTimeoutNs);
    }
}
