package org.apollofs.namespace.state;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;

/**
 * A key cut into names: {@code run1/latest}, with or without a leading slash. Empty names, {@code .} and {@code ..} are
 * refused, so that a file has one key. Reused; one thread at a time.
 */
final class PathName {
    private final List<UnsafeBuffer> names = new ArrayList<>();
    private int count;
    private DirectBuffer buffer;
    private int offset;
    private int directoryLength;

    /** Cuts a path. The names are views of it. */
    PathName parse(DirectBuffer path) {
        count = 0;
        int length = path.capacity();
        if (length > NamespaceLimits.PATH_LENGTH) {
            throw new Refusal(
                    NamespaceError.PATH_TOO_LONG,
                    "path too long: length=" + length + ", limit=" + NamespaceLimits.PATH_LENGTH);
        }
        int start = length > 0 && path.getByte(0) == '/' ? 1 : 0;
        buffer = path;
        offset = start;
        for (int i = start; i <= length; i++) {
            if (i == length || path.getByte(i) == '/') {
                Store.checkName(add(path, start, i - start));
                directoryLength = Math.max(0, start - 1 - offset);
                start = i + 1;
            }
        }
        return this;
    }

    private DirectBuffer add(DirectBuffer path, int offset, int length) {
        if (count == names.size()) {
            names.add(new UnsafeBuffer(0, 0));
        }
        UnsafeBuffer name = names.get(count++);
        name.wrap(path, offset, length);
        return name;
    }

    /** Buffer that holds the path. */
    DirectBuffer buffer() {
        return buffer;
    }

    /** Where the path begins, without a leading slash. */
    int offset() {
        return offset;
    }

    /** Bytes of the path before the slash in front of its last name; 0 if it has one name. */
    int directoryLength() {
        return directoryLength;
    }

    int count() {
        return count;
    }

    DirectBuffer name(int index) {
        return names.get(index);
    }

    DirectBuffer last() {
        return names.get(count - 1);
    }
}
