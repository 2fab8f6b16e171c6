package org.apollofs.perf.durability;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.Txn;

/** Carries out a worker's steps on keys. One thread. */
final class KeyCalls implements Tree {
    private static final int PAGE = 1_000;

    private final KeyAccess access;
    private final String prefix;

    /** @param prefix of the worker's keys, with a slash at its end. */
    KeyCalls(KeyAccess access, String prefix) {
        this.access = access;
        this.prefix = prefix;
    }

    /** One call on the keys. */
    private interface Call<T> {
        T on(KeyValue keys);
    }

    private Outcome call(Call<Outcome> call) {
        try (KeyAccess.Use use = access.use()) {
            return call(use, call);
        } catch (NamespaceException e) {
            return Outcome.refused(e.error() + " " + e.getMessage());
        }
    }

    private static Outcome call(KeyAccess.Use use, Call<Outcome> call) {
        try {
            return call.on(use.keys());
        } catch (NamespaceException e) {
            Outcome outcome = Errors.ofKey(e);
            if (outcome.status() == Outcome.Status.UNKNOWN) {
                use.lost();
            }
            return outcome;
        }
    }

    private <T> T ask(Call<T> question) throws IOException {
        try (KeyAccess.Use use = access.use()) {
            try {
                return question.on(use.keys());
            } catch (NamespaceException e) {
                if (Errors.ofKey(e).status() == Outcome.Status.UNKNOWN) {
                    use.lost();
                }
                throw e;
            }
        } catch (NamespaceException e) {
            throw new IOException(e.error() + " " + e.getMessage(), e);
        }
    }

    Outcome put(Step step) {
        return call(keys -> {
            keys.put(prefix + step.name(), content(step), KeyValue.ANY_VERSION);
            return Outcome.done(0);
        });
    }

    /** @param expected step that set the value there is. */
    Outcome compareAndSet(Step step, Step expected) {
        return call(keys -> keys.compareAndSet(prefix + step.name(), content(expected), content(step))
                        .isPresent()
                ? Outcome.done(0)
                : Outcome.refused("MISMATCH the value is not that of step " + expected.id()));
    }

    Outcome transact(Step step) {
        byte[] value = content(step);
        return call(keys -> {
            keys.txn(Txn.when()
                    .then(new Txn.Put(prefix + step.name(), value), new Txn.Put(prefix + step.other(), value)));
            return Outcome.done(0);
        });
    }

    Outcome delete(Step step) {
        return call(keys -> keys.delete(prefix + step.name(), KeyValue.ANY_VERSION)
                ? Outcome.done(0)
                : Outcome.refused("MISMATCH there was no such key"));
    }

    private static byte[] content(Step step) {
        return Content.of(step.seed(), Math.toIntExact(step.length()));
    }

    @Override
    public Set<String> names() throws IOException {
        Set<String> names = new HashSet<>();
        String after = null;
        do {
            String last = after;
            KeyPage page = ask(keys -> keys.scan(prefix, last, PAGE, true));
            page.entries().forEach(entry -> names.add(entry.key().substring(prefix.length())));
            after = page.next();
        } while (after != null);
        return names;
    }

    @Override
    public boolean isDirectory(String name) {
        return false;
    }

    @Override
    public byte[] read(String name) throws IOException {
        return ask(keys -> keys.get(prefix + name).map(KeyValue.Value::value).orElse(null));
    }
}
