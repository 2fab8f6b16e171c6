package org.apollofs.namespace.cluster;

import java.nio.file.Path;
import org.apollofs.namespace.ChangeLogContract;
import org.apollofs.namespace.KeyValueContract;
import org.apollofs.namespace.NamespaceContract;
import org.apollofs.namespace.client.Namespace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, on a cluster of one member; reads from its tables, by questions to it, and through the log. */
class ClusterNamespaceTest {
    @TempDir
    static Path directory;

    private static TestSite site;

    @BeforeAll
    static void launchSite() {
        site = new TestSite(directory);
    }

    @AfterAll
    static void closeSite() {
        site.close();
    }

    @Nested
    class BesideTheMember extends NamespaceContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }
    }

    @Nested
    class InAnotherProcess extends NamespaceContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }
    }

    @Nested
    class ThroughTheLog extends NamespaceContract {
        @Override
        protected Namespace connect() {
            return site.connectThroughTheLog();
        }
    }

    @Nested
    class KeysBesideTheMember extends KeyValueContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }
    }

    @Nested
    class KeysInAnotherProcess extends KeyValueContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }
    }

    @Nested
    class ChangesBesideTheMember extends ChangeLogContract {
        @Override
        protected Namespace connect() {
            return site.connect();
        }
    }

    @Nested
    class ChangesInAnotherProcess extends ChangeLogContract {
        @Override
        protected Namespace connect() {
            return site.connectRemotely();
        }
    }

    @Nested
    class KeysThroughTheLog extends KeyValueContract {
        @Override
        protected Namespace connect() {
            return site.connectThroughTheLog();
        }
    }

    @Nested
    class ChangesThroughTheLog extends ChangeLogContract {
        @Override
        protected Namespace connect() {
            return site.connectThroughTheLog();
        }
    }
}
