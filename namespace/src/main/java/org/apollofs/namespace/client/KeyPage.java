package org.apollofs.namespace.client;

import java.util.List;

/**
 * Keys with their values, in order of the keys' bytes (UTF-8).
 *
 * @param next where the next page begins ({@code after} of {@link KeyValue#scan}), or null if this is the last. A page
 *     may be empty and yet not the last.
 */
public record KeyPage(List<Entry> entries, String next) {
    /**
     * A key.
     *
     * @param value null if only keys were asked for, or if the content lies in extents.
     * @param version as {@link KeyValue.Value#version()}.
     */
    public record Entry(String key, byte[] value, long version, Inode inode) {}
}
