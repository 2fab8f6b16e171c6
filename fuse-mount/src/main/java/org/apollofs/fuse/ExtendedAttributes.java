package org.apollofs.fuse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Extended attributes of inodes, as in xattr(7). Those of users ({@code user.}) and of root ({@code trusted.}) are kept. Others
 * are refused: {@code system.} because access control lists are not enforced here, {@code security.} because the mount is
 * nosuid, where a file's capabilities count for nothing. The kernel asks for these two often, and gets its answer without a
 * question to the namespace.
 *
 * <p>Durable on return. Thread-safe.
 */
public final class ExtendedAttributes {
    private static final byte[] USER = "user.".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUSTED = "trusted.".getBytes(StandardCharsets.US_ASCII);

    private final Namespace namespace;

    ExtendedAttributes(Namespace namespace) {
        this.namespace = namespace;
    }

    /** A value. @throws FuseException ENODATA if there is no such attribute, EOPNOTSUPP, ESTALE if the inode is gone. */
    public byte[] get(long inode, byte[] name) {
        checkName(name);
        byte[] value;
        try {
            value = namespace.getXattr(inode, name);
        } catch (NamespaceException e) {
            throw gone(e, inode);
        }
        if (value == null) {
            throw absent(inode);
        }
        return value;
    }

    /**
     * Names that the caller may see, in byte order.
     *
     * @param withTrusted whether those of root are among them.
     * @throws FuseException ESTALE if the inode is gone.
     */
    public List<byte[]> list(long inode, boolean withTrusted) {
        List<byte[]> shown = new ArrayList<>();
        try {
            for (byte[] name : namespace.listXattrs(inode)) {
                if (hasPrefix(name, USER) || (withTrusted && hasPrefix(name, TRUSTED))) {
                    shown.add(name);
                }
            }
        } catch (NamespaceException e) {
            throw gone(e, inode);
        }
        return shown;
    }

    /**
     * Sets a value.
     *
     * @param flags 0, XATTR_CREATE or XATTR_REPLACE of setxattr(2), which are the namespace's too.
     * @throws FuseException EEXIST, ENODATA, EOPNOTSUPP, EINVAL, ESTALE if the inode is gone.
     */
    public void set(long inode, byte[] name, byte[] value, int flags) {
        checkName(name);
        if (flags != Namespace.XATTR_ANY && flags != Namespace.XATTR_CREATE && flags != Namespace.XATTR_REPLACE) {
            throw new FuseException(Errno.EINVAL, "setxattr: flags=" + flags);
        }
        try {
            namespace.setXattr(inode, name, value, flags);
        } catch (NamespaceException e) {
            if (e.error() == NamespaceError.NOT_FOUND
                    && flags == Namespace.XATTR_REPLACE
                    && namespace.getAttributes(inode) != null) {
                throw absent(inode);
            }
            throw gone(e, inode);
        }
    }

    /** Removes an attribute. @throws FuseException ENODATA if there is none, EOPNOTSUPP, ESTALE if the inode is gone. */
    public void remove(long inode, byte[] name) {
        checkName(name);
        boolean wasThere;
        try {
            wasThere = namespace.removeXattr(inode, name);
        } catch (NamespaceException e) {
            throw gone(e, inode);
        }
        if (!wasThere) {
            throw absent(inode);
        }
    }

    private static void checkName(byte[] name) {
        if (!hasPrefix(name, USER) && !hasPrefix(name, TRUSTED)) {
            throw new FuseException(Errno.EOPNOTSUPP, "not supported: extended attributes but user. and trusted.");
        }
    }

    /** Whether a name begins so, and goes on. */
    private static boolean hasPrefix(byte[] name, byte[] prefix) {
        return name.length > prefix.length && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static FuseException absent(long inode) {
        return new FuseException(Errno.ENODATA, "no such extended attribute: inode=" + inode);
    }

    private static RuntimeException gone(NamespaceException e, long inode) {
        return e.error() == NamespaceError.NOT_FOUND
                ? new FuseException(Errno.ESTALE, "inode is gone: inode=" + inode)
                : e;
    }
}
