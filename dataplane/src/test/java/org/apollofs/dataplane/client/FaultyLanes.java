package org.apollofs.dataplane.client;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;

/** Lanes to good targets on which the writing of chunks fails as it is told. One thread. */
final class FaultyLanes implements Network {
    /** What becomes of a chunk. */
    enum Outcome {
        WRITTEN,
        /** The lane is not there when the chunk is to be sent. */
        NOT_SENT,
        /** The target has no space. */
        NO_SPACE,
        /** The target's device fails. */
        IO_ERROR,
        /** The target writes it, and the lane is lost before the answer. */
        ANSWER_LOST
    }

    /** Says what becomes of each chunk. */
    interface Plan {
        Plan GOOD = (target, stripe, index) -> Outcome.WRITTEN;

        Outcome outcome(int target, long stripe, int index);
    }

    private final Network network;
    Plan plan = Plan.GOOD;

    FaultyLanes(Network network) {
        this.network = network;
    }

    @Override
    public Lane connect(int targetId, long session, LaneHandler handler) {
        return new FaultyLane(targetId, session, handler).lane();
    }

    @Override
    public LaneServer serve(int targetId, int creditChunks, RequestHandler handler) {
        return network.serve(targetId, creditChunks, handler);
    }

    @Override
    public void close() {
        // The network is the site's.
    }

    private final class FaultyLane {
        private final int target;
        private final LaneHandler handler;
        private final Lane lane;
        private final Queue<Runnable> answers = new ArrayDeque<>();
        private final Set<Object> lost = new HashSet<>();

        FaultyLane(int target, long session, LaneHandler handler) {
            this.target = target;
            this.handler = handler;
            this.lane = network.connect(target, session, proxy(LaneHandler.class, (self, method, arguments) -> {
                if (method.getName().equals("onChunkWritten") && lost.remove(arguments[1])) {
                    fail((long) arguments[1], ErrorCode.UNREACHABLE);
                    return null;
                }
                return invoke(method, handler, arguments);
            }));
        }

        Lane lane() {
            return proxy(Lane.class, (self, method, arguments) -> switch (method.getName()) {
                case "writeChunk" -> write(method, arguments);
                case "poll" -> {
                    int work = answers.size();
                    for (Runnable answer = answers.poll(); answer != null; answer = answers.poll()) {
                        answer.run();
                    }
                    yield work + lane.poll();
                }
                default -> invoke(method, lane, arguments);
            });
        }

        private Object write(Method method, Object[] arguments) throws Throwable {
            long id = (long) arguments[0];
            Outcome outcome = plan.outcome(target, (long) arguments[2], (int) arguments[3]);
            return switch (outcome) {
                case NOT_SENT -> Lane.NOT_CONNECTED;
                case NO_SPACE, IO_ERROR -> {
                    answers.add(() -> fail(id, ErrorCode.valueOf(outcome.name())));
                    yield Lane.SENT;
                }
                default -> {
                    Object status = invoke(method, lane, arguments);
                    if (outcome == Outcome.ANSWER_LOST && status.equals(Lane.SENT)) {
                        lost.add(id);
                    }
                    yield status;
                }
            };
        }

        private void fail(long id, ErrorCode code) {
            handler.onError(target, id, code, "told to fail: target=" + target, null);
        }
    }

    private static Object invoke(Method method, Object on, Object[] arguments) throws Throwable {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
