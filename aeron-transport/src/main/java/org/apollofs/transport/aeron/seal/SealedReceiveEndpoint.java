package org.apollofs.transport.aeron.seal;

import io.aeron.driver.DataPacketDispatcher;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.ImageConnection;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.RttMeasurementFlyweight;
import io.aeron.protocol.SetupFlyweight;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A receiver's socket, or its several, with a {@link DatagramSeal}: takes sealed data and setups, seals status messages. The
 * receiver's thread.
 */
final class SealedReceiveEndpoint extends ReceiveChannelEndpoint {
    /** More than Aeron Cluster has: the live log, and one to catch up from. */
    private static final int MAX_DESTINATIONS = 16;

    private final SocketSeal seal;

    /** See {@link ReceiveChannelEndpoint}. */
    SealedReceiveEndpoint(
            DatagramSeal seal,
            UdpChannel channel,
            DataPacketDispatcher dispatcher,
            AtomicCounter statusIndicator,
            MediaDriver.Context context) {
        super(channel, dispatcher, statusIndicator, context);
        this.seal = new SocketSeal(seal, Seals.HANDSHAKE_LENGTH, this::sendAsIs);
    }

    private void sendAsIs(ByteBuffer datagram, InetSocketAddress to) {
        DatagramChannel channel = socket();
        if (channel == null || !channel.isOpen()) {
            return;
        }
        try {
            channel.send(datagram, to);
        } catch (PortUnreachableException e) {
            // Nobody there any more.
            datagram.clear();
        } catch (IOException e) {
            onSendError(e, to, errorHandler);
        }
    }

    /** The socket; of several any, since they share the seal. */
    private DatagramChannel socket() {
        if (!hasDestinationControl()) {
            return sendDatagramChannel;
        }
        for (int i = 0; i < MAX_DESTINATIONS; i++) {
            if (hasDestination(i)) {
                return destination(i).receiveDatagramChannel();
            }
        }
        return null;
    }

    @Override
    protected void send(ByteBuffer frame, int length, ImageConnection[] connections) {
        // Several connections are several senders of one stream: what was sent to all is kept for any.
        ImageConnection first = connections[0];
        boolean isOne = connections.length == 1 && first != null;
        ByteBuffer datagram = seal.seal(frame, isOne ? first.controlAddress : null);
        super.send(datagram, datagram.remaining(), connections);
    }

    @Override
    protected void send(ByteBuffer frame, int length, int transportIndex, InetSocketAddress to) {
        ByteBuffer datagram = seal.seal(frame, to);
        super.send(datagram, datagram.remaining(), transportIndex, to);
    }

    @Override
    public boolean isValidFrame(UnsafeBuffer buffer, int length) {
        if (!seal.admit(buffer, length)) {
            return false;
        }
        int frame = seal.frameLength();
        return frame < 0 || super.isValidFrame(buffer, frame);
    }

    @Override
    public void receiveHook(UnsafeBuffer buffer, int length, InetSocketAddress from) {
        seal.onAddress(buffer, length, from);
    }

    @Override
    public int onDataPacket(
            DataHeaderFlyweight header, UnsafeBuffer buffer, int length, InetSocketAddress from, int transportIndex) {
        int frame = seal.frameLength();
        return frame >= DataHeaderFlyweight.HEADER_LENGTH
                ? super.onDataPacket(header, buffer, frame, from, transportIndex)
                : 0;
    }

    @Override
    public void onSetupMessage(
            SetupFlyweight header, UnsafeBuffer buffer, int length, InetSocketAddress from, int transportIndex) {
        if (seal.frameLength() >= SetupFlyweight.HEADER_LENGTH) {
            super.onSetupMessage(header, buffer, seal.frameLength(), from, transportIndex);
        }
    }

    @Override
    public void onRttMeasurement(
            RttMeasurementFlyweight header,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress from,
            int transportIndex) {
        if (seal.frameLength() >= RttMeasurementFlyweight.HEADER_LENGTH) {
            super.onRttMeasurement(header, buffer, seal.frameLength(), from, transportIndex);
        }
    }
}
