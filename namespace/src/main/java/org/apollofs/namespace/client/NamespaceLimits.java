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

    /** Names that one operation of a transaction removes: beyond is {@link NamespaceError#TRANSACTION_TOO_LARGE}. */
    public static final int REMOVED_COUNT = 10_000;

    /** Named consumers of the change log: beyond is {@link NamespaceError#TOO_MANY_CONSUMERS}. */
    public static final int CONSUMER_COUNT = 10_000;

    /** Bytes of an extended attribute's name, and of a consumer's: beyond is {@link NamespaceError#NAME_TOO_LONG}. */
    public static final int ATTRIBUTE_NAME_LENGTH = 255;

    /** Bytes of an extended attribute's value: beyond is {@link NamespaceError#VALUE_TOO_LARGE}. */
    public static final int ATTRIBUTE_LENGTH = 64 * 1024;

    /** Bytes of the names of an inode's extended attributes, a NUL after each: beyond is {@link NamespaceError#NO_SPACE}. */
    public static final int ATTRIBUTE_LIST_LENGTH = 64 * 1024;

    private NamespaceLimits() {}
}
