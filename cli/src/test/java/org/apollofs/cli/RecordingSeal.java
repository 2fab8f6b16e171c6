package org.apollofs.cli;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.UdpChannel;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.status.AtomicCounter;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealedSendEndpoint;

/** A driver's seal that writes down what goes out, as somebody on the wire would see it. */
final class RecordingSeal {
    private final DatagramSeal seal;
    private final int capacity;
    private final List<byte[]> recorded = new ArrayList<>();

    RecordingSeal(DatagramSeal seal, int capacity) {
        this.seal = seal;
        this.capacity = capacity;
    }

    MediaDriver.Context install(MediaDriver.Context context) {
        return seal.install(context)
                .sendChannelEndpointSupplier((channel, status, ctx) -> new Endpoint(channel, status, ctx));
    }

    /** What was sent so far. */
    List<byte[]> recorded() {
        synchronized (recorded) {
            return new ArrayList<>(recorded);
        }
    }

    private final class Endpoint extends SealedSendEndpoint {
        Endpoint(UdpChannel channel, AtomicCounter status, MediaDriver.Context context) {
            super(seal, channel, status, context);
        }

        @Override
        public void sendHook(ByteBuffer datagram, InetSocketAddress to) {
            synchronized (recorded) {
                if (recorded.size() < capacity) {
                    byte[] bytes = new byte[datagram.remaining()];
                    datagram.get(datagram.position(), bytes);
                    recorded.add(bytes);
                }
            }
        }
    }
}
