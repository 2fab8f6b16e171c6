package org.apollofs.cli;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.profile.ThreadProfile.Idle;

/**
 * A thread that runs agents in turn until it is closed.
 *
 * <p>An exception is a bug (an operating fault is a status, STYLE 16): the agent is not called again, the node is told
 * and stops. Agents are started and closed on the thread itself.
 */
final class AgentThread implements AutoCloseable {
    /** An agent may wait for the namespace, whose calls end by the profile: beyond that it hangs. */
    private static final long CLOSE_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(10);

    private final List<Agent> agents;
    private final IdleStrategy idle;
    private final BiConsumer<String, Throwable> onFailure;
    private final Thread thread;
    private volatile boolean running = true;

    private AgentThread(String name, List<Agent> agents, IdleStrategy idle, BiConsumer<String, Throwable> onFailure) {
        this.agents = List.copyOf(agents);
        this.idle = idle;
        this.onFailure = onFailure;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /**
     * Starts a thread.
     *
     * @param onFailure told the role of an agent that threw, on this thread.
     */
    static AgentThread start(
            String name, List<? extends Agent> agents, Idle idle, BiConsumer<String, Throwable> onFailure) {
        return start(name, agents, idleStrategy(idle), onFailure);
    }

    /** As above, for agents that wait in their own way. @param idle this thread's own. */
    static AgentThread start(
            String name, List<? extends Agent> agents, IdleStrategy idle, BiConsumer<String, Throwable> onFailure) {
        AgentThread started = new AgentThread(name, List.copyOf(agents), idle, onFailure);
        started.thread.start();
        return started;
    }

    /** A fresh strategy: each thread needs its own. */
    static IdleStrategy idleStrategy(Idle idle) {
        return switch (idle) {
            case SPIN -> new BusySpinIdleStrategy();
            case YIELD -> new YieldingIdleStrategy();
            case BACKOFF ->
                new BackoffIdleStrategy(20, 50, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(500));
            case SLEEP -> new SleepingMillisIdleStrategy(1);
        };
    }

    private void run() {
        String role = thread.getName();
        try {
            for (Agent agent : agents) {
                role = agent.roleName();
                agent.onStart();
            }
            while (running) {
                int work = 0;
                for (int i = 0; i < agents.size(); i++) {
                    Agent agent = agents.get(i);
                    role = agent.roleName();
                    work += agent.doWork();
                }
                idle.idle(work);
            }
        } catch (Throwable bug) {
            onFailure.accept(role, bug);
        } finally {
            closeAgents();
        }
    }

    private void closeAgents() {
        for (Agent agent : agents) {
            try {
                agent.onClose();
            } catch (Throwable bug) {
                onFailure.accept(agent.roleName() + " (closing)", bug);
            }
        }
    }

    /** Stops the thread after the duty cycle it is in, and waits until the agents are closed. */
    @Override
    public void close() {
        running = false;
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IllegalStateException(
                    "thread does not end: name=" + thread.getName() + ", waitedMs=" + CLOSE_TIMEOUT_MS);
        }
    }
}
