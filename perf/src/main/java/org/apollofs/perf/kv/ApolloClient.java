package org.apollofs.perf.kv;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.CommandEncoder;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.Flag;
import org.apollofs.namespace.command.sbe.KeyQueryEncoder;
import org.apollofs.namespace.command.sbe.KeyResultDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;

/**
 * A client of the namespace whose agent runs on the load's thread, as the bare echo's client does. Gets are answered by the
 * member's tables where it is in the process, else they are questions like any client's.
 */
final class ApolloClient implements KvClient {
    private static final int KEPT_KEYS = 1 << 16;
    private static final int KEYS_OF_A_DIRECTORY = 1000;

    /** Nothing keeps the session alive while another cluster has its turn. */
    private static final long LEASE_NS = TimeUnit.HOURS.toNanos(1);

    private final KvCluster site;
    private final ClusterNamespace namespace;
    private final Agent agent;
    private final CommandEncoder encoder = new CommandEncoder();
    private final KeyQueryEncoder query = new KeyQueryEncoder();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final KeyResultDecoder keyResult = new KeyResultDecoder();
    private final MessageHeaderDecoder resultHeader = new MessageHeaderDecoder();
    private final IdleStrategy idle;
    private final boolean readsHere;
    private final byte[][] keys;
    private final byte[] value;
    private final byte[] read;
    private final Order commands;
    private final Order questions;

    /** Calls under way on one channel. */
    private static final class Order {
        private final CommandChannel channel;
        private final CommandChannel.Call[] calls;
        private long sent;
        private long answered;

        Order(CommandChannel channel, int window) {
            this.channel = channel;
            calls = new CommandChannel.Call[window];
        }

        CommandChannel.Call begin() {
            return channel.begin();
        }

        void submit(CommandChannel.Call call, int length) {
            call.submit(length);
            calls[(int) sent & (calls.length - 1)] = call;
            sent++;
        }

        /** The oldest call, if it has its result; else null. */
        CommandChannel.Call done() {
            CommandChannel.Call call = answered < sent ? calls[(int) answered & (calls.length - 1)] : null;
            return call != null && call.isDone() ? call : null;
        }
    }

    ApolloClient(KvCluster site, KvSettings settings) {
        this.site = site;
        int window = Integer.highestOneBit(Math.max(1, settings.inFlight() - 1)) * 2;
        value = new byte[settings.valueLength()];
        new Random(settings.valueLength()).nextBytes(value);
        read = new byte[settings.valueLength()];
        keys = new byte[Math.min(settings.clients(), KEPT_KEYS)][];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = path(i).getBytes(StandardCharsets.UTF_8);
        }
        ClusterClientContext context = new ClusterClientContext()
                .aeronDirectory(site.aeronDirectory().toString())
                .idle(site.idle())
                .leaseNs(LEASE_NS)
                .maxInFlight(Math.max(window, 1024));
        if (site.ingressEndpoints() != null) {
            context.members(site.members());
        }
        readsHere = site.embedded() instanceof NamespaceMember;
        if (site.embedded() instanceof NamespaceMember member) {
            context.reads(member.reads());
        }
        namespace = ClusterNamespace.connect(context);
        agent = namespace.agent();
        Connecting.retried(() -> {
            agent.onStart();
            return true;
        });
        commands = new Order(namespace.channel(), window);
        questions = new Order(namespace.questions(), window);
        idle = site.idle().newStrategy();
    }

    private static String path(int key) {
        return "bench/" + key / KEYS_OF_A_DIRECTORY + "/" + key % KEYS_OF_A_DIRECTORY;
    }

    private byte[] key(int key) {
        return key < keys.length ? keys[key] : path(key).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int send(boolean get, int key) {
        if (get && readsHere) {
            if (namespace.get(path(key)).isEmpty()) {
                throw new IllegalStateException("not there: key=" + path(key));
            }
            return DONE;
        }
        Order order = get ? questions : commands;
        CommandChannel.Call call = order.begin();
        order.submit(
                call,
                get
                        ? encodeGet(call.command(), key(key))
                        : encoder.put(call.command(), key(key), value, KeyValue.ANY_VERSION));
        return get ? ASKED : SENT;
    }

    private int encodeGet(MutableDirectBuffer to, byte[] path) {
        query.wrapAndApplyHeader(to, 0, header).putPath(path, 0, path.length);
        return query.limit();
    }

    @Override
    public boolean work() {
        return doWork() > 0;
    }

    private int doWork() {
        try {
            int work = agent.doWork();
            for (CommandChannel.Call call = commands.done(); call != null; call = commands.done()) {
                encoder.results().done(call.await());
                call.close();
                commands.answered++;
                work++;
            }
            for (CommandChannel.Call call = questions.done(); call != null; call = questions.done()) {
                check(call);
                call.close();
                questions.answered++;
                work++;
            }
            return work;
        } catch (Exception e) {
            throw e instanceof RuntimeException known ? known : new IllegalStateException(e);
        }
    }

    /** Reads the value that a question was answered with. */
    private void check(CommandChannel.Call call) {
        DirectBuffer result = call.await();
        if (CommandHead.templateId(result, 0) != KeyResultDecoder.TEMPLATE_ID) {
            encoder.results().done(result);
        }
        keyResult.wrapAndApplyHeader(result, 0, resultHeader);
        if (keyResult.hasValue() != Flag.YES || keyResult.getValue(read, 0, read.length) != value.length) {
            throw new IllegalStateException("a key is not there, or its value is not what was put");
        }
    }

    @Override
    public long answered(int status) {
        return status == SENT ? commands.answered : questions.answered;
    }

    @Override
    public void idle(boolean work) {
        idle.idle(work ? 1 : 0);
    }

    @Override
    public void close() {
        site.idle().release(idle);
        agent.onClose();
    }
}
