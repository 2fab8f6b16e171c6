package org.apollofs.namespace.state;

/** Leases of keys: granted, renewed, ended. Owned by the apply thread. */
final class LeaseCommands {
    /** Files deleted with one command or tick, so that none takes long; the next tick goes on. */
    private static final int MAX_DELETED = 10_000;

    private final Store store;
    private final TreeCommands tree;

    LeaseCommands(Store store, TreeCommands tree) {
        this.store = store;
        this.tree = tree;
    }

    /** Ends a lease. @return whether there was one. */
    boolean revoke(long session, long lease) {
        if (!store.leases.end(lease)) {
            return false;
        }
        finish(session, lease, MAX_DELETED);
        return true;
    }

    /** Time has passed: the keys of leases that have ended are deleted, each lease's in one transaction. */
    void expire() {
        int left = MAX_DELETED;
        long lease = store.leases.firstExpired();
        while (lease != 0 && left > 0) {
            left -= finish(0, lease, left);
            lease = store.leases.firstExpired();
        }
    }

    /** Deletes keys of a lease that has ended, and, with the last, the lease. @return work done. */
    private int finish(long session, long lease, int atMost) {
        store.changes.begin();
        int count = 1;
        long inode = store.leases.firstAttached(lease);
        while (inode != 0 && count <= atMost) {
            count += tree.deleteFile(session, inode);
            inode = store.leases.firstAttached(lease);
        }
        store.changes.end();
        if (inode == 0) {
            store.leases.remove(lease);
        }
        return count;
    }
}
