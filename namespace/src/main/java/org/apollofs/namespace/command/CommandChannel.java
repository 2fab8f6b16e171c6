package org.apollofs.namespace.command;

import com.google.errorprone.annotations.CheckReturnValue;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The way of commands to the state machine and of results back. Thread-safe.
 */
public interface CommandChannel extends AutoCloseable {
    /** The writer session that commands are issued under. */
    long session();

    /**
     * A call of the calling thread's, to be closed when its result has been read. Waits while too many are under way.
     */
    @CheckReturnValue
    Call begin();

    /** Ends the session in order. Idempotent. */
    @Override
    void close();

    /** One command and its result. Owned by the thread that began it. */
    interface Call extends AutoCloseable {
        /**
         * Where the command is encoded, from offset 0 on. Session and ids are filled in when it is sent. Expandable up to
         * the limit of a command and a little more.
         */
        MutableDirectBuffer command();

        /**
         * Says, before the command is sent, that nobody is in a hurry: the result may come some 100 us later, and waiting for it
         * takes less of a processor.
         *
         * @return this.
         */
        default Call patiently() {
            return this;
        }

        /**
         * Sends the command and does not wait: several calls of one thread may be under way.
         *
         * @param length bytes of the command.
         * @throws org.apollofs.namespace.client.NamespaceException TRANSACTION_TOO_LARGE.
         */
        void submit(int length);

        /** Whether the result has come. */
        boolean isDone();

        /**
         * Waits for the result of what was submitted. To be called once, before the call is closed.
         *
         * @return the result, from offset 0 on; valid until the call is closed.
         * @throws org.apollofs.namespace.client.NamespaceException TIMEOUT, UNAVAILABLE.
         */
        DirectBuffer await();

        /** Sends the command and waits: {@link #submit} and {@link #await}. */
        default DirectBuffer execute(int length) {
            submit(length);
            return await();
        }

        @Override
        void close();
    }
}
