package org.apollofs.transport.aeron.seal;

import io.aeron.driver.MediaDriver;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals all datagrams of a media driver, and lets in none without a seal. So whatever listens over that driver (ingress,
 * consensus, log, archive, lanes) hears nobody who has not the site's secret: a stranger's datagram reaches no decoder,
 * allocates nothing and is not logged one by one. He gets a refusal, {@value #REFUSALS_A_SECOND} of them a second at most, no
 * longer than what he sent.
 *
 * <p>Against replay: each socket numbers what it sends, a socket takes each number once, and it takes nothing of a sender
 * that has not answered a challenge with a nonce of the socket's own. That costs one trip, once for each pair of sockets; what was
 * lost by it and begins a stream is sent again at once.
 *
 * <p>What it does not do: datagrams are not encrypted, and who sits on the way may hold them back, or lead them to another
 * port of the same scope, once.
 *
 * <p>Streams over IPC are not touched: their files are the site's own user's.
 */
public final class DatagramSeal {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramSeal.class);
    private static final int REFUSALS_A_SECOND = 10;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOG_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

    private final SealKey key;
    private final NanoClock clock;
    private final LongSupplier nonces;
    private final SealCounters counters = new SealCounters();
    private final AtomicLong loggedNs;
    private final AtomicLong refusedSecond = new AtomicLong();
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile InetSocketAddress refusedBy;

    /** With the system's clock and chance. */
    public DatagramSeal(SealKey key) {
        this(key, SystemNanoClock.INSTANCE, new SecureRandom()::nextLong);
    }

    /**
     * With a clock, and a source of ids and nonces that nobody may guess and that never repeats.
     *
     * @param nonces any thread.
     */
    public DatagramSeal(SealKey key, NanoClock clock, LongSupplier nonces) {
        this.key = key;
        this.clock = clock;
        this.nonces = nonces;
        loggedNs = new AtomicLong(clock.nanoTime() - LOG_INTERVAL_NS);
    }

    /** Makes a driver that is launched with this context send and take sealed datagrams only. @return the context. */
    public MediaDriver.Context install(MediaDriver.Context context) {
        return context.sendChannelEndpointSupplier(
                        (channel, status, ctx) -> new SealedSendEndpoint(this, channel, status, ctx))
                .receiveChannelEndpointSupplier((channel, dispatcher, status, ctx) ->
                        new SealedReceiveEndpoint(this, channel, dispatcher, status, ctx));
    }

    /** Counters, which may be read by anybody at any time. */
    public SealCounters counters() {
        return counters;
    }

    /** Who said last that this driver's seals are not valid, or null: a hint, since anybody may say so. Any thread. */
    public InetSocketAddress refusedBy() {
        return refusedBy;
    }

    SealKey key() {
        return key;
    }

    NanoClock clock() {
        return clock;
    }

    long nextNonce() {
        return nonces.getAsLong();
    }

    void onRefused(InetSocketAddress by) {
        counters.increment(SealCounter.REFUSED);
        refusedBy = by;
    }

    /** A datagram without a seal came. Says so at most once a minute. @return whether he may be told. */
    boolean onStranger(InetSocketAddress from, int length) {
        counters.increment(SealCounter.STRANGERS);
        long now = clock.nanoTime();
        long logged = loggedNs.get();
        if (now - logged >= LOG_INTERVAL_NS && loggedNs.compareAndSet(logged, now)) {
            LOG.warn(
                    "datagrams without this site's seal are dropped: from={}, so far={}",
                    from,
                    counters.get(SealCounter.STRANGERS));
        }
        return length >= Seals.REFUSAL_LENGTH && mayRefuse(now);
    }

    private boolean mayRefuse(long now) {
        long second = refusedSecond.get();
        if (now - second >= SECOND_NS && refusedSecond.compareAndSet(second, now)) {
            refusals.set(0);
        }
        return refusals.get() < REFUSALS_A_SECOND && refusals.incrementAndGet() <= REFUSALS_A_SECOND;
    }
}
