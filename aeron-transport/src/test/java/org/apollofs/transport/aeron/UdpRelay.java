package org.apollofs.transport.aeron;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** A link between a host and a target's port that can be cut, or lose some of what it carries. Has a thread. */
final class UdpRelay implements AutoCloseable {
    private static final int BUFFER_LENGTH = 2 * 1024 * 1024;

    private final Selector selector;
    private final DatagramChannel front;
    private final SocketAddress target;
    private final Map<SocketAddress, DatagramChannel> backBySource = new HashMap<>();
    private final ByteBuffer packet = ByteBuffer.allocateDirect(65536);
    private final Random random;
    private final Thread thread;
    private volatile boolean cut;
    private volatile int lossPerMille;
    private volatile boolean running = true;

    UdpRelay(int targetPort, long seed) {
        random = new Random(seed);
        target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
        try {
            selector = Selector.open();
            front = open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            front.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(this::run, "udp-relay");
        thread.start();
    }

    private static DatagramChannel open(SocketAddress local) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_LENGTH);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_LENGTH);
        channel.bind(local);
        channel.configureBlocking(false);
        return channel;
    }

    int port() {
        try {
            return ((InetSocketAddress) front.getLocalAddress()).getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void cut(boolean cut) {
        this.cut = cut;
    }

    void lossPerMille(int lossPerMille) {
        this.lossPerMille = lossPerMille;
    }

    private void run() {
        try {
            while (running) {
                selector.select(100);
                for (SelectionKey key : selector.selectedKeys()) {
                    forward(key);
                }
                selector.selectedKeys().clear();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void forward(SelectionKey key) throws IOException {
        DatagramChannel from = (DatagramChannel) key.channel();
        SocketAddress backTo = (SocketAddress) key.attachment();
        SocketAddress source;
        while ((source = receive(from)) != null) {
            if (cut || random.nextInt(1000) < lossPerMille) {
                continue;
            }
            if (backTo == null) {
                back(source).send(packet, target);
            } else {
                front.send(packet, backTo);
            }
        }
    }

    private SocketAddress receive(DatagramChannel channel) throws IOException {
        packet.clear();
        SocketAddress source = channel.receive(packet);
        packet.flip();
        return source;
    }

    private DatagramChannel back(SocketAddress source) throws IOException {
        DatagramChannel back = backBySource.get(source);
        if (back == null) {
            back = open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            back.register(selector, SelectionKey.OP_READ, source);
            backBySource.put(source, back);
        }
        return back;
    }

    @Override
    public void close() {
        running = false;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
