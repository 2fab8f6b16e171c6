package org.apollofs.transport.aeron.seal;

import io.aeron.driver.DriverConductorProxy;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.SendChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.ErrorFlyweight;
import io.aeron.protocol.NakFlyweight;
import io.aeron.protocol.ResponseSetupFlyweight;
import io.aeron.protocol.RttMeasurementFlyweight;
import io.aeron.protocol.StatusMessageFlyweight;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/** A sender's socket with a {@link DatagramSeal}: seals data and setups, takes sealed status messages. The sender's thread. */
public class SealedSendEndpoint extends SendChannelEndpoint {
    private static final boolean[] PARTS = {false, true};

    private final SocketSeal seal;

    /** See {@link SendChannelEndpoint}. */
    @SuppressWarnings("this-escape") // Sends nothing before it is there.
    public SealedSendEndpoint(
            DatagramSeal seal, UdpChannel channel, AtomicCounter statusIndicator, MediaDriver.Context context) {
        super(channel, statusIndicator, context);
        this.seal = new SocketSeal(seal, context.mtuLength(), this::sendAsIs);
    }

    private void sendAsIs(ByteBuffer datagram, InetSocketAddress to) {
        DatagramChannel channel = sendDatagramChannel;
        if (channel == null || !channel.isOpen()) {
            return;
        }
        try {
            if (!channel.isConnected()) {
                channel.send(datagram, to);
            } else if (to.equals(channel.getRemoteAddress())) {
                channel.write(datagram);
            }
        } catch (PortUnreachableException e) {
            // Nobody there any more.
            datagram.clear();
        } catch (IOException e) {
            onSendError(e, to, errorHandler);
        }
    }

    @Override
    public int send(ByteBuffer frame) {
        int length = frame.remaining();
        if (length > Seals.LONGEST_WHOLE) {
            return sendParts(frame, null);
        }
        ByteBuffer datagram = seal.seal(frame, null);
        return sent(frame, length, datagram.remaining(), super.send(datagram));
    }

    @Override
    public int send(ByteBuffer frame, InetSocketAddress to) {
        int length = frame.remaining();
        if (length > Seals.LONGEST_WHOLE) {
            return sendParts(frame, to);
        }
        ByteBuffer datagram = seal.seal(frame, to);
        return sent(frame, length, datagram.remaining(), super.send(datagram, to));
    }

    private int sendParts(ByteBuffer frame, InetSocketAddress to) {
        int length = frame.remaining();
        for (boolean isRest : PARTS) {
            ByteBuffer datagram = seal.sealPart(frame, isRest);
            int whole = datagram.remaining();
            if ((to == null ? super.send(datagram) : super.send(datagram, to)) != whole) {
                return 0;
            }
        }
        return sent(frame, length, 0, 0);
    }

    /** In bytes of the frame: all of it or none. */
    private static int sent(ByteBuffer frame, int length, int datagramLength, int bytesSent) {
        if (bytesSent != datagramLength) {
            return 0;
        }
        frame.position(frame.limit());
        return length;
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
    public void onStatusMessage(
            StatusMessageFlyweight message,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress from,
            DriverConductorProxy conductor) {
        if (seal.frameLength() >= StatusMessageFlyweight.HEADER_LENGTH) {
            super.onStatusMessage(message, buffer, seal.frameLength(), from, conductor);
        }
    }

    @Override
    public void onError(
            ErrorFlyweight message,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress from,
            DriverConductorProxy conductor) {
        if (seal.frameLength() >= ErrorFlyweight.HEADER_LENGTH) {
            super.onError(message, buffer, seal.frameLength(), from, conductor);
        }
    }

    @Override
    public void onNakMessage(NakFlyweight message, UnsafeBuffer buffer, int length, InetSocketAddress from) {
        if (seal.frameLength() >= NakFlyweight.HEADER_LENGTH) {
            super.onNakMessage(message, buffer, seal.frameLength(), from);
        }
    }

    @Override
    public void onRttMeasurement(
            RttMeasurementFlyweight message, UnsafeBuffer buffer, int length, InetSocketAddress from) {
        if (seal.frameLength() >= RttMeasurementFlyweight.HEADER_LENGTH) {
            super.onRttMeasurement(message, buffer, seal.frameLength(), from);
        }
    }

    @Override
    public void onResponseSetup(
            ResponseSetupFlyweight message,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress from,
            DriverConductorProxy conductor) {
        if (seal.frameLength() >= ResponseSetupFlyweight.HEADER_LENGTH) {
            super.onResponseSetup(message, buffer, seal.frameLength(), from, conductor);
        }
    }
}
