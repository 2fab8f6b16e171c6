package org.apollofs.transport.aeron;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apollofs.transport.NetworkContractTest;
import org.apollofs.transport.NetworkFixture;
import org.junit.jupiter.api.Test;

class AeronUdpNetworkTest extends NetworkContractTest {
    @Override
    protected NetworkFixture open(long requestTimeoutNs) {
        return new AeronFixture(true, requestTimeoutNs);
    }

    @Test
    void shouldLoseNothingOverALinkThatLoses() {
        ((AeronFixture) fixture).relay().lossPerMille(10);
        for (int i = 0; i < 30; i++) {
            int stripe = i;
            Sample sample = sample(1 + random.nextInt(CHUNK), 2);
            send(() -> sample.write(lane, stripe, stripe, 0));
            assertEquals("written", answerTo(stripe).kind());
        }
        assertTrue(lane.isConnected());
    }
}
