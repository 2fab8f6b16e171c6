package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.local.LocalNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Which attributes there are, and each error number of xattr(7)'s calls. */
@Timeout(60)
class ExtendedAttributesTest {
    private static final long NO_INODE = 1_000_000;

    @TempDir
    Path folder;

    private LocalNamespace namespace;
    private ExtendedAttributes attributes;
    private long inode;

    @BeforeEach
    void open() {
        namespace = LocalNamespace.open(folder, new SystemEpochNanoClock());
        attributes = new ExtendedAttributes(namespace);
        inode = namespace.create(Inode.ROOT, bytes("file"), 0644, 0, 0).id();
    }

    @AfterEach
    void close() {
        namespace.close();
    }

    @Test
    void shouldTellCreationFromReplacement() {
        assertErrno(Errno.ENODATA, () -> set("user.a", "1", Namespace.XATTR_REPLACE));
        set("user.a", "1", Namespace.XATTR_CREATE);
        assertErrno(Errno.EEXIST, () -> set("user.a", "2", Namespace.XATTR_CREATE));
        set("user.a", "3", Namespace.XATTR_REPLACE);
        set("user.a", "4", Namespace.XATTR_ANY);
        assertArrayEquals(bytes("4"), attributes.get(inode, bytes("user.a")));
        assertErrno(Errno.EINVAL, () -> set("user.a", "5", 3));
    }

    @Test
    void shouldShowThoseOfRootToRootOnly() {
        set("user.a", "1", Namespace.XATTR_ANY);
        set("trusted.b", "2", Namespace.XATTR_ANY);
        namespace.setXattr(inode, bytes("elsewhere.c"), bytes("3"), Namespace.XATTR_ANY);
        assertEquals(List.of("user.a"), names(false));
        assertEquals(List.of("trusted.b", "user.a"), names(true));
    }

    @Test
    void shouldRefuseOtherKinds() {
        for (String name : List.of("security.capability", "system.posix_acl_access", "user.", "user", "other.a", "")) {
            assertErrno(Errno.EOPNOTSUPP, () -> attributes.get(inode, bytes(name)));
            assertErrno(Errno.EOPNOTSUPP, () -> set(name, "1", Namespace.XATTR_ANY));
            assertErrno(Errno.EOPNOTSUPP, () -> attributes.remove(inode, bytes(name)));
        }
    }

    @Test
    void shouldTellWhatIsAbsentFromWhatIsGone() {
        assertErrno(Errno.ENODATA, () -> attributes.get(inode, bytes("user.a")));
        assertErrno(Errno.ENODATA, () -> attributes.remove(inode, bytes("user.a")));
        assertErrno(Errno.ESTALE, () -> attributes.get(NO_INODE, bytes("user.a")));
        assertErrno(Errno.ESTALE, () -> attributes.remove(NO_INODE, bytes("user.a")));
        assertErrno(Errno.ESTALE, () -> attributes.list(NO_INODE, true));
        for (int flags : new int[] {Namespace.XATTR_ANY, Namespace.XATTR_CREATE, Namespace.XATTR_REPLACE}) {
            assertErrno(Errno.ESTALE, () -> attributes.set(NO_INODE, bytes("user.a"), bytes("1"), flags));
        }
    }

    private void set(String name, String value, int flags) {
        attributes.set(inode, bytes(name), bytes(value), flags);
    }

    private List<String> names(boolean withTrusted) {
        return attributes.list(inode, withTrusted).stream()
                .map(name -> new String(name, UTF_8))
                .toList();
    }

    private static void assertErrno(int errno, Executable call) {
        RuntimeException refused = assertThrows(RuntimeException.class, call);
        assertEquals(errno, ErrorNumbers.of(refused), refused.getMessage());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
