package org.apollofs.namespace.client;

import java.util.function.Consumer;

/**
 * The changes of a key, or of all with a prefix, from a sequence of the change log on. An event says that a key has
 * changed; the value is asked for by the watcher, who may see a newer one. One thread at a time.
 */
public final class KeyWatch {
    private final ChangeFollower follower;
    private final String key;
    private final boolean isPrefix;

    KeyWatch(ChangeLog log, String key, boolean isPrefix, long from) {
        this.key = key;
        this.isPrefix = isPrefix;
        follower = log.follow(from, key);
    }

    /** Sequence to begin a later watch at, so that it misses nothing and repeats nothing. */
    public long next() {
        return follower.next();
    }

    /**
     * Hands out events as they come.
     *
     * @param timeoutNs longest wait for something new; 0 not to wait.
     * @return entries of the log that were looked at; 0 if nothing came.
     * @throws NamespaceException EXPIRED if the watch is so far behind that entries are gone.
     */
    public long poll(Consumer<? super KeyEvent> consumer, long timeoutNs) {
        return follower.poll(change -> onChange(change, consumer), timeoutNs);
    }

    private void onChange(ChangeView change, Consumer<? super KeyEvent> consumer) {
        switch (change.operation()) {
            case UNLINK, DELETE, REMOVE_DIRECTORY -> emit(change, KeyEvent.Kind.DELETED, change.path(), consumer);
            case RENAME -> {
                emit(change, KeyEvent.Kind.DELETED, change.otherPath(), consumer);
                emit(change, KeyEvent.Kind.CHANGED, change.path(), consumer);
            }
            case EXCHANGE -> {
                emit(change, KeyEvent.Kind.CHANGED, change.otherPath(), consumer);
                emit(change, KeyEvent.Kind.CHANGED, change.path(), consumer);
            }
            default -> emit(change, KeyEvent.Kind.CHANGED, change.path(), consumer);
        }
    }

    private void emit(ChangeView change, KeyEvent.Kind kind, String path, Consumer<? super KeyEvent> consumer) {
        if (isPrefix ? path.startsWith(key) : path.equals(key)) {
            consumer.accept(new KeyEvent(change.sequence(), kind, path));
        } else if (!path.isEmpty() && key.startsWith(path + "/")) {
            consumer.accept(new KeyEvent(change.sequence(), KeyEvent.Kind.MOVED, path));
        }
    }
}
