package org.apollofs.namespace.state;

import static org.apollofs.namespace.client.NamespaceError.EXISTS;
import static org.apollofs.namespace.client.NamespaceError.INVALID;
import static org.apollofs.namespace.client.NamespaceError.NOT_FOUND;
import static org.apollofs.namespace.client.NamespaceError.NO_SPACE;
import static org.apollofs.namespace.client.NamespaceError.VALUE_TOO_LARGE;

import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceLimits;

/** Extended attributes. Each method checks all that can be refused, then writes. Owned by the apply thread. */
final class AttributeCommands {
    private final Store store;
    private final InodeRecord record = new InodeRecord();

    AttributeCommands(Store store) {
        this.store = store;
    }

    void set(long session, long inode, DirectBuffer name, DirectBuffer value, int flags) {
        XattrTable.checkName(name);
        if (value.capacity() > NamespaceLimits.ATTRIBUTE_LENGTH) {
            throw new Refusal(
                    VALUE_TOO_LARGE,
                    "attribute too large: length=" + value.capacity() + ", limit=" + NamespaceLimits.ATTRIBUTE_LENGTH);
        }
        if (flags < Namespace.XATTR_ANY || flags > Namespace.XATTR_REPLACE) {
            throw new Refusal(INVALID, "unknown flags of an attribute: flags=" + flags);
        }
        store.require(record, inode);
        boolean exists = store.xattrs.exists(inode, name);
        if (exists && flags == Namespace.XATTR_CREATE) {
            throw new Refusal(EXISTS, "the attribute exists: inode=" + inode);
        }
        if (!exists && flags == Namespace.XATTR_REPLACE) {
            throw new Refusal(NOT_FOUND, "no such attribute: inode=" + inode);
        }
        if (!exists) {
            int length = store.xattrs.namesLength(inode) + name.capacity() + 1;
            if (length > NamespaceLimits.ATTRIBUTE_LIST_LENGTH) {
                throw new Refusal(
                        NO_SPACE,
                        "too many attributes: inode=" + inode + ", length=" + length + ", limit="
                                + NamespaceLimits.ATTRIBUTE_LIST_LENGTH);
            }
        }
        store.xattrs.put(record, name, value);
        finish(ChangeOperation.SET_XATTR, session);
    }

    /** @return whether there was one. */
    boolean remove(long session, long inode, DirectBuffer name) {
        XattrTable.checkName(name);
        store.require(record, inode);
        if (!store.xattrs.remove(record, name)) {
            return false;
        }
        finish(ChangeOperation.REMOVE_XATTR, session);
        return true;
    }

    private void finish(ChangeOperation operation, long session) {
        record.ctimeNs(store.nowNs());
        record.version(store.changes.next());
        store.save(record);
        store.changes.append(operation, session, record);
    }
}
