package org.apollofs.namespace.client;

/** The limits of the tree. What goes beyond is refused with an error of its own, never cut. */
public final class NamespaceLimits {
    /** Bytes of a name: beyond is {@link NamespaceError#NAME_TOO_LONG}. */
    public static final int NAME_LENGTH = 255;

    /** Bytes of a path from the root, its slashes included: beyond is {@link NamespaceError#PATH_TOO_LONG}. */
    public static final int PATH_LENGTH = 4096;

    /** Bytes of a value held in the record itself: beyond is {@link NamespaceError#VALUE_TOO_LARGE}. */
    public static final int INLINE_LENGTH = 64 * 1024;

    /** Bytes of an encoded command: beyond is {@link NamespaceError#TRANSACTION_TOO_LARGE}. */
    public static final int COMMAND_LENGTH = 1024 * 1024;

    /** Names of one file: beyond is {@link NamespaceError#TOO_MANY_LINKS}. */
    public static final int LINK_COUNT = 65_000;

    private NamespaceLimits() {}
}
