package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How members with empty folders find each other: all of them together are a new cluster, and one alone is a member that has
 * lost its disk.
 *
 * <p>A member with an empty folder must not take part by itself. What it acknowledged and voted before is forgotten, so with
 * it and a member that lags there might be a majority that knows less than what was acknowledged. Only where every other
 * member says that its folder is empty too is there nothing to forget. Each says so to the others, from and to the port of
 * reads, which is not in use yet, ten times a second; and whether it has heard all. It goes on when all have heard all. One
 * that misses the end of the call finds the others at work, and joins them as one that has lost its disk.
 *
 * <p>A datagram is {@code apollo-roll-call 1 ID ALL}, where ALL is 1 if the sender has heard all. Not authenticated: who can
 * send as all other members can make this one begin anew, with its empty folder. One thread.
 */
final class RollCall implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RollCall.class);
    private static final String MAGIC = "apollo-roll-call 1 ";
    private static final long INTERVAL_NS = 100_000_000L;
    /** Said so often after the end, for those who have not heard it. */
    private static final int LAST_WORDS = 3;

    private final NamespaceMemberContext ctx;
    private final DatagramChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    private final Set<Integer> heard = new HashSet<>();
    private final Set<Integer> heardAll = new HashSet<>();
    private long lastSaidNs;

    RollCall(NamespaceMemberContext ctx) throws IOException {
        this.ctx = ctx;
        channel = DatagramChannel.open();
        try {
            channel.bind(ctx.address().peers());
            channel.configureBlocking(false);
        } catch (IOException e) {
            channel.close();
            throw new IOException("port cannot be taken: " + ctx.address().peers() + ": " + e.getMessage(), e);
        }
        lastSaidNs = ctx.nanoClock().nanoTime() - INTERVAL_NS;
    }

    /**
     * Hears, and says.
     *
     * @param takesPart whether this member's folder is empty; else it only hears.
     * @return whether all members have empty folders, and know it.
     */
    boolean poll(boolean takesPart) throws IOException {
        hear();
        if (!takesPart) {
            return false;
        }
        int others = ctx.members().size() - 1;
        boolean isEnd = heardAll.size() == others;
        long now = ctx.nanoClock().nanoTime();
        if (isEnd) {
            for (int i = 0; i < LAST_WORDS; i++) {
                say(true);
            }
        } else if (now - lastSaidNs >= INTERVAL_NS) {
            lastSaidNs = now;
            say(heard.size() == others);
        }
        return isEnd;
    }

    private void hear() throws IOException {
        buffer.clear();
        SocketAddress sender = channel.receive(buffer);
        while (sender != null) {
            buffer.flip();
            if (PeerMessage.isMessage(buffer)) {
                answer(sender);
            } else {
                onSaid(US_ASCII.decode(buffer).toString());
            }
            buffer.clear();
            sender = channel.receive(buffer);
        }
    }

    /** To an operator who asks: no member yet. */
    private void answer(SocketAddress sender) {
        if (PeerMessage.type(buffer) == PeerMessage.ASK_STATUS) {
            PeerMessage.put(
                    buffer,
                    PeerMessage.STATUS,
                    PeerMessage.nonce(buffer),
                    PeerMessage.number(buffer),
                    ctx.memberId(),
                    MemberStatus.Role.JOINING.code(),
                    0);
            try {
                channel.send(buffer, sender);
            } catch (IOException e) {
                LOG.debug("namespace member: not answered: {}, {}", sender, e.getMessage());
            }
        }
    }

    private void onSaid(String said) {
        if (!said.startsWith(MAGIC)) {
            return;
        }
        String[] words = said.substring(MAGIC.length()).split(" ", -1);
        if (words.length == 2 && isOther(words[0])) {
            int member = Integer.parseInt(words[0]);
            heard.add(member);
            if (words[1].equals("1")) {
                heardAll.add(member);
            }
        }
    }

    private boolean isOther(String id) {
        return ctx.members().stream()
                .anyMatch(member -> member.id() != ctx.memberId()
                        && Integer.toString(member.id()).equals(id));
    }

    private void say(boolean hasHeardAll) {
        byte[] words = (MAGIC + ctx.memberId() + (hasHeardAll ? " 1" : " 0")).getBytes(US_ASCII);
        List<MemberAddress> members = ctx.members();
        for (MemberAddress member : members) {
            if (member.id() != ctx.memberId()) {
                try {
                    channel.send(ByteBuffer.wrap(words), member.peers());
                } catch (IOException | UnresolvedAddressException e) {
                    // Its host does not answer, or has no name yet: it is said again.
                    LOG.debug("namespace member: roll call: member={}, {}", member.id(), e.getMessage());
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
