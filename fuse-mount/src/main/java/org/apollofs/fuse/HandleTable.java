package org.apollofs.fuse;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.apollofs.io.os.Errno;

/**
 * Numbers for open things, as the kernel sends them back with each request. Looking one up takes no lock and allocates
 * nothing; numbers are used again after {@link #remove}, and are never 0. Any thread.
 *
 * @param <T> what is open.
 */
final class HandleTable<T> {
    private static final int PAGE_LENGTH = 1024;
    private static final int MAX_PAGES = 16_384;

    private final AtomicReferenceArray<AtomicReferenceArray<T>> pages = new AtomicReferenceArray<>(MAX_PAGES);
    private final ReentrantLock lock = new ReentrantLock();
    private int[] free = new int[PAGE_LENGTH];
    private int freeCount;
    private int used;

    /** @return the number for a thing. @throws FuseException ENFILE after 16 million. */
    long add(T thing) {
        lock.lock();
        try {
            int index = freeCount > 0 ? free[--freeCount] : next();
            pages.get(index / PAGE_LENGTH).set(index % PAGE_LENGTH, thing);
            return index + 1L;
        } finally {
            lock.unlock();
        }
    }

    /** @throws FuseException EBADF if there is no such number. */
    T get(long handle) {
        long index = handle - 1;
        if (index >= 0 && index < (long) PAGE_LENGTH * MAX_PAGES) {
            AtomicReferenceArray<T> page = pages.get((int) (index / PAGE_LENGTH));
            T thing = page == null ? null : page.get((int) (index % PAGE_LENGTH));
            if (thing != null) {
                return thing;
            }
        }
        throw new FuseException(Errno.EBADF, "no such handle: handle=" + handle);
    }

    /** Takes a thing out. @throws FuseException EBADF if there is no such number. */
    T remove(long handle) {
        lock.lock();
        try {
            T thing = get(handle);
            int index = (int) (handle - 1);
            pages.get(index / PAGE_LENGTH).set(index % PAGE_LENGTH, null);
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, free.length * 2);
            }
            free[freeCount++] = index;
            return thing;
        } finally {
            lock.unlock();
        }
    }

    private int next() {
        int page = used / PAGE_LENGTH;
        if (page == MAX_PAGES) {
            throw new FuseException(Errno.ENFILE, "too many open files: open=" + used);
        }
        if (pages.get(page) == null) {
            pages.set(page, new AtomicReferenceArray<>(PAGE_LENGTH));
        }
        return used++;
    }
}
