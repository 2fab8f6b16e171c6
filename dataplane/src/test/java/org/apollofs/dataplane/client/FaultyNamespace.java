package org.apollofs.dataplane.client;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** A session of a good namespace whose commits fail as they are told. One thread. */
final class FaultyNamespace {
    /** What becomes of a commit. */
    enum Outcome {
        COMMITTED,
        /** Refused: the namespace's disk is full. */
        NO_SPACE,
        /** No answer, and no effect. */
        LOST,
        /** No answer, but it has taken effect. */
        ANSWER_LOST,
        /** No answer; it takes effect when the next command comes. */
        LATE
    }

    private final Namespace namespace;
    private Runnable late = () -> {};
    Outcome outcome = Outcome.COMMITTED;
    /** Commits that are good before that. */
    int goodBefore;

    FaultyNamespace(Namespace namespace) {
        this.namespace = namespace;
    }

    /** The session, to be used in place of the good one. */
    Namespace session() {
        return (Namespace) Proxy.newProxyInstance(
                Namespace.class.getClassLoader(), new Class<?>[] {Namespace.class}, (self, method, arguments) -> {
                    Runnable before = late;
                    late = () -> {};
                    before.run();
                    return method.getName().equals("commit") ? commit(method, arguments) : invoke(method, arguments);
                });
    }

    private Object commit(Method method, Object[] arguments) throws Throwable {
        if (goodBefore > 0) {
            goodBefore--;
            return invoke(method, arguments);
        }
        switch (outcome) {
            case COMMITTED -> {
                return invoke(method, arguments);
            }
            case NO_SPACE -> throw new NamespaceException(NamespaceError.NO_SPACE, "told to be full");
            case ANSWER_LOST -> invoke(method, arguments);
            case LATE ->
                late = () -> {
                    try {
                        invoke(method, arguments);
                    } catch (Throwable e) {
                        throw new AssertionError(e);
                    }
                };
            default -> {
                // Nothing.
            }
        }
        throw new NamespaceException(NamespaceError.TIMEOUT, "told not to answer");
    }

    private Object invoke(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(namespace, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
