package org.apollofs.namespace.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** Records operations as they are done, by any threads. */
public final class History {
    private final List<Operation> operations = new ArrayList<>();

    /** The operations so far, in the order they ended. */
    public synchronized List<Operation> operations() {
        return List.copyOf(operations);
    }

    private synchronized void add(Operation operation) {
        operations.add(operation);
    }

    /**
     * Does an operation and records it.
     *
     * @param call does it; TIMEOUT and UNAVAILABLE leave it open, VERSION_MISMATCH is a refusal.
     * @return the answer, or null if there was none.
     */
    public <T> Answer record(int client, Action action, Supplier<T> call, Function<T, Answer> answer) {
        long invokeNs = System.nanoTime();
        Answer result;
        try {
            result = answer.apply(call.get());
        } catch (NamespaceException e) {
            if (e.error() == NamespaceError.TIMEOUT || e.error() == NamespaceError.UNAVAILABLE) {
                add(new Operation(client, invokeNs, Operation.NEVER, action, null));
                return null;
            }
            if (e.error() != NamespaceError.VERSION_MISMATCH) {
                throw e;
            }
            result = Answer.refused();
        }
        add(new Operation(client, invokeNs, System.nanoTime(), action, result));
        return result;
    }
}
