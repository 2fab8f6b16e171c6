package org.apollofs.namespace.local;

import java.nio.file.Path;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.namespace.ChangeLogContract;
import org.apollofs.namespace.KeyValueContract;
import org.apollofs.namespace.NamespaceContract;
import org.apollofs.namespace.client.Namespace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, in one process; reads from the tables, and once more through the log. */
class LocalNamespaceTest {
    @TempDir
    static Path directory;

    private static LocalNamespace site;

    @BeforeAll
    static void openSite() {
        site = LocalNamespace.open(directory, new SystemEpochNanoClock());
    }

    @AfterAll
    static void closeSite() {
        site.close();
    }

    @Nested
    class ReadingTables extends NamespaceContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }
    }

    @Nested
    class ReadingThroughTheLog extends NamespaceContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }
    }

    @Nested
    class KeysReadingTables extends KeyValueContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }
    }

    @Nested
    class KeysThroughTheLog extends KeyValueContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }
    }

    @Nested
    class ChangesReadingTables extends ChangeLogContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }

        @Override
        protected void tick() {
            site.tick();
        }
    }

    @Nested
    class ChangesThroughTheLog extends ChangeLogContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }

        @Override
        protected void tick() {
            site.tick();
        }
    }
}
