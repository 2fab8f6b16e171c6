package org.apollofs.transport.aeron.seal;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The seal of one socket: its id and sequence, whom it knows, and what it sent last. The driver's thread that polls the
 * socket; it also sends.
 */
final class SocketSeal {
    /** Frames that begin a stream, or say how far it is, are shorter; those of data begin with at least as much. */
    private static final int LONGEST_KEPT = 64;

    private static final int KEPT = 8;
    private static final int HANDSHAKES_A_SECOND = 1000;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final DatagramSeal seal;
    private final Sender sender;
    private final SealCounters counters;
    private final Senders senders = new Senders(Senders.CAPACITY);
    private final long id;
    /** Of the nonces of this socket; drawn anew when a sender is forgotten, so that no older proof counts. */
    private long nonceKey;

    private long sequence;
    private ByteBuffer scratch;
    private UnsafeBuffer scratchView;
    private final Kept[] kept = new Kept[KEPT];
    /** The first part of a frame that came in two; null until there is one. */
    private byte[] part;

    private int partLength;
    private long partOf;
    private long partNumber;
    private int nextKept;
    private long handshakeSecondNs;
    private int handshakes;
    private Verdict verdict = Verdict.DROPPED;
    private int frameLength;
    private long otherId;

    /** What a datagram is. */
    enum Verdict {
        /** To be handed on. */
        GOOD,
        /** Has no seal. */
        STRANGER,
        /** Says that this socket's seals are not valid. */
        REFUSAL,
        /** Of one that has not proved itself. */
        UNPROVED,
        /** Asks this socket for a proof. */
        CHALLENGED,
        DROPPED
    }

    /** Sends what the handshake needs, as it is: to an address, or as the socket's streams are sent if that is null. */
    interface Sender {
        void send(ByteBuffer datagram, InetSocketAddress to);
    }

    /** A short frame that was sent, to be sent again to one that took it for a stranger's. */
    private static final class Kept {
        private final byte[] frame = new byte[LONGEST_KEPT];
        private int length;
        private InetSocketAddress to;
    }

    SocketSeal(DatagramSeal seal, int mtuLength, Sender sender) {
        this.seal = seal;
        this.sender = sender;
        counters = seal.counters();
        id = seal.nextNonce();
        nonceKey = seal.nextNonce();
        handshakeSecondNs = seal.clock().nanoTime();
        makeRoom(mtuLength);
        for (int i = 0; i < KEPT; i++) {
            kept[i] = new Kept();
        }
    }

    private void makeRoom(int length) {
        scratch = ByteBuffer.allocateDirect(length + Seals.TRAILER_LENGTH);
        scratchView = new UnsafeBuffer(scratch);
    }

    // What is sent.

    /**
     * Seals a frame.
     *
     * @param frame from its position to its limit; not changed.
     * @param to where it is sent, or null for where all of the socket's streams go.
     * @return the datagram, until the next call.
     */
    ByteBuffer seal(ByteBuffer frame, InetSocketAddress to) {
        int length = frame.remaining();
        if (length > scratch.capacity() - Seals.TRAILER_LENGTH) {
            makeRoom(length);
        }
        scratch.clear();
        scratch.put(0, frame, frame.position(), length);
        if (length <= LONGEST_KEPT) {
            keep(length, to);
        }
        return sealed(length);
    }

    /**
     * Seals a part of a frame that is longer than {@link Seals#LONGEST_WHOLE}.
     *
     * @param isRest the second half; the first is sealed before.
     */
    ByteBuffer sealPart(ByteBuffer frame, boolean isRest) {
        int half = frame.remaining() / 2;
        int length = isRest ? frame.remaining() - half : half;
        if (Seals.HEADER_LENGTH + length > scratch.capacity() - Seals.TRAILER_LENGTH) {
            makeRoom(Seals.HEADER_LENGTH + length);
        }
        scratch.clear();
        Seals.putHeader(scratchView, isRest ? Seals.REST : Seals.PART, Seals.HEADER_LENGTH + length);
        scratch.put(Seals.HEADER_LENGTH, frame, frame.position() + (isRest ? half : 0), length);
        return sealed(Seals.HEADER_LENGTH + length);
    }

    private ByteBuffer sealed(int length) {
        int whole = Seals.seal(seal.key(), scratchView, length, id, ++sequence);
        return scratch.clear().limit(whole);
    }

    private void keep(int length, InetSocketAddress to) {
        Kept slot = kept[nextKept];
        nextKept = (nextKept + 1) % KEPT;
        scratch.get(0, slot.frame, 0, length);
        slot.length = length;
        slot.to = to;
    }

    // What comes.

    /** Looks at a datagram. @return whether it is a frame to be handed on, or one for {@link #onAddress}. */
    boolean admit(UnsafeBuffer buffer, int length) {
        verdict = judge(buffer, length);
        return verdict != Verdict.DROPPED;
    }

    private Verdict judge(UnsafeBuffer buffer, int length) {
        if (!Seals.isSealed(seal.key(), buffer, length)) {
            return Seals.isRefusal(buffer, length) ? Verdict.REFUSAL : Verdict.STRANGER;
        }
        otherId = Seals.id(buffer, length);
        long number = Seals.sequence(buffer, length);
        frameLength = length - Seals.TRAILER_LENGTH;
        int type = Seals.type(buffer);
        if (type == Seals.CHALLENGE || type == Seals.PROOF) {
            return onHandshake(buffer, type, number);
        }
        if (!senders.isKnown(otherId)) {
            counters.increment(SealCounter.UNPROVED);
            return Verdict.UNPROVED;
        }
        if (!senders.accept(otherId, number)) {
            counters.increment(SealCounter.REPLAYED);
            return Verdict.DROPPED;
        }
        return switch (type) {
            case Seals.PART -> onPart(buffer, number);
            case Seals.REST -> onRest(buffer, number);
            default -> Verdict.GOOD;
        };
    }

    private Verdict onPart(UnsafeBuffer buffer, long number) {
        int length = frameLength - Seals.HEADER_LENGTH;
        if (part == null || part.length < length) {
            part = new byte[length];
        }
        buffer.getBytes(Seals.HEADER_LENGTH, part, 0, length);
        partLength = length;
        partOf = otherId;
        partNumber = number;
        return Verdict.DROPPED;
    }

    /** Puts a frame together where its rest is. Parts that do not come one after the other are lost, as any datagram may be. */
    private Verdict onRest(UnsafeBuffer buffer, long number) {
        int length = frameLength - Seals.HEADER_LENGTH;
        boolean isNext = partLength > 0 && partOf == otherId && partNumber + 1 == number;
        if (!isNext || partLength + length > buffer.capacity()) {
            return Verdict.DROPPED;
        }
        buffer.putBytes(partLength, buffer, Seals.HEADER_LENGTH, length);
        buffer.putBytes(0, part, 0, partLength);
        frameLength = partLength + length;
        partLength = 0;
        return Verdict.GOOD;
    }

    private Verdict onHandshake(UnsafeBuffer buffer, int type, long number) {
        if (frameLength != Seals.HANDSHAKE_LENGTH || Seals.addressee(buffer) != id) {
            return Verdict.DROPPED;
        }
        if (type == Seals.CHALLENGE) {
            return Verdict.CHALLENGED;
        }
        if (Seals.nonce(buffer) == nonceOf(otherId) && !senders.isKnown(otherId)) {
            counters.increment(SealCounter.SENDERS_PROVED);
            if (senders.add(otherId, number)) {
                counters.increment(SealCounter.SENDERS_FORGOTTEN);
                nonceKey = seal.nextNonce();
            }
        }
        return Verdict.DROPPED;
    }

    /** What only this socket can ask of a sender, and nothing is kept for. */
    private long nonceOf(long sender) {
        scratchView.putLong(0, sender);
        return SipHash.hash(nonceKey, id, scratchView, 0, Long.BYTES);
    }

    /**
     * The address that the datagram came from, which is answered if need be.
     *
     * @param buffer with the datagram.
     */
    void onAddress(UnsafeBuffer buffer, int length, InetSocketAddress from) {
        switch (verdict) {
            case STRANGER -> {
                if (seal.onStranger(from, length)) {
                    refuse(from);
                }
            }
            case REFUSAL -> seal.onRefused(from);
            case UNPROVED -> {
                if (mayShakeHands()) {
                    counters.increment(SealCounter.CHALLENGES_SENT);
                    sendHandshake(Seals.CHALLENGE, nonceOf(otherId), from);
                }
            }
            case CHALLENGED -> {
                if (mayShakeHands()) {
                    counters.increment(SealCounter.PROOFS_SENT);
                    sendHandshake(Seals.PROOF, Seals.nonce(buffer), from);
                    sendKept(from);
                }
            }
            default -> {
                // Handed on.
            }
        }
    }

    /** Length of the frame that is to be handed on; negative for none. */
    int frameLength() {
        return verdict == Verdict.GOOD ? frameLength : -1;
    }

    private boolean mayShakeHands() {
        long now = seal.clock().nanoTime();
        if (now - handshakeSecondNs >= SECOND_NS) {
            handshakeSecondNs = now;
            handshakes = 0;
        }
        return handshakes++ < HANDSHAKES_A_SECOND;
    }

    private void sendHandshake(int type, long nonce, InetSocketAddress to) {
        Seals.putHandshake(scratchView, type, otherId, nonce);
        sender.send(sealed(Seals.HANDSHAKE_LENGTH), to);
    }

    private void refuse(InetSocketAddress to) {
        counters.increment(SealCounter.REFUSALS_SENT);
        Seals.putRefusal(scratchView);
        sender.send(scratch.clear().limit(Seals.REFUSAL_LENGTH), to);
    }

    private void sendKept(InetSocketAddress to) {
        for (int i = 0; i < KEPT; i++) {
            Kept slot = kept[(nextKept + i) % KEPT];
            if (slot.length > 0 && (slot.to == null || slot.to.equals(to))) {
                scratch.clear();
                scratch.put(0, slot.frame, 0, slot.length);
                sender.send(sealed(slot.length), to);
            }
        }
    }
}
