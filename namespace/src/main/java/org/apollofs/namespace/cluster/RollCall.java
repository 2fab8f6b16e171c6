package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
 * <p>Only what was said since this member's start counts, by one who has the key: a {@link RollCallMessage} repeats this member's
 * nonce. Else the words of the first start, played again, would make a member that lost its disk begin anew. One thread.
 */
final class RollCall implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RollCall.class);
    private static final long INTERVAL_NS = 100_000_000L;
    /** Said so often after the end, for those who have not heard it. */
    private static final int LAST_WORDS = 3;

    private final NamespaceMemberContext ctx;
    private final DatagramChannel channel;
    private final PeerSeal seal;
    private final Strangers strangers;
    private final ByteBuffer buffer = PeerMessage.allocate();
    private final ByteBuffer words = RollCallMessage.allocate();
    private final long nonce = new SecureRandom().nextLong();
    private final Map<Integer, Long> nonces = new HashMap<>();
    private final Set<Integer> heard = new HashSet<>();
    private final Set<Integer> heardAll = new HashSet<>();
    private long lastSaidNs;

    RollCall(NamespaceMemberContext ctx) throws IOException {
        this.ctx = ctx;
        seal = ctx.peerKey().newSeal();
        strangers = new Strangers(ctx.nanoClock());
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
            if (PeerMessage.isMessage(buffer, seal)) {
                answer(sender);
            } else if (RollCallMessage.isMessage(buffer, seal)) {
                onSaid(buffer);
            } else if (strangers.onStranger(buffer, sender)) {
                send(sender);
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
            seal.sign(buffer);
            send(sender);
        }
    }

    private void send(SocketAddress to) {
        try {
            channel.send(buffer, to);
        } catch (IOException e) {
            LOG.debug("namespace member: not answered: {}, {}", to, e.getMessage());
        }
    }

    private void onSaid(ByteBuffer said) {
        int member = RollCallMessage.member(said);
        if (!isOther(member)) {
            return;
        }
        nonces.put(member, RollCallMessage.nonce(said));
        if (RollCallMessage.echo(said) == nonce) {
            heard.add(member);
            if (RollCallMessage.hasHeardAll(said)) {
                heardAll.add(member);
            }
        }
    }

    private boolean isOther(int id) {
        return id != ctx.memberId() && ctx.members().stream().anyMatch(member -> member.id() == id);
    }

    private void say(boolean hasHeardAll) {
        List<MemberAddress> members = ctx.members();
        for (MemberAddress member : members) {
            if (member.id() != ctx.memberId()) {
                try {
                    long echo = nonces.getOrDefault(member.id(), 0L);
                    RollCallMessage.put(words, ctx.memberId(), hasHeardAll, nonce, echo);
                    channel.send(seal.sign(words), member.peers());
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
