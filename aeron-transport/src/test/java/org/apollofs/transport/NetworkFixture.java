package org.apollofs.transport;

/** What a {@link NetworkContractTest} runs on: an implementation seen from a host and from a target. */
public interface NetworkFixture extends AutoCloseable {
    /** Where hosts open lanes. */
    Network host();

    /** Where the target serves. */
    Network target();

    /** Breaks the lanes to a target and keeps them broken until {@link #heal}. */
    void isolate(int targetId);

    /** Ends {@link #isolate}. */
    void heal(int targetId);

    @Override
    void close();
}
