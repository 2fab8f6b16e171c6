package org.apollofs.perf.store;

import java.io.IOException;
import java.nio.file.Path;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;
import org.apollofs.io.device.CompletionHandler;
import org.apollofs.io.os.Errno;

/** The block device that a store uses, without the store: transfers in order, one sync at the end. */
public final class DeviceRate implements StoreRate {
    private static final long SYNC_TOKEN = -1;
    private static final int PENDING = Integer.MIN_VALUE;

    private final StoreJob job;
    private final SlabPool pool;
    private final BlockDevice device;
    private final int[] free;
    private final CompletionHandler handler = this::onCompletion;
    private int freeCount;
    private int syncResult;

    private DeviceRate(StoreJob job, SlabPool pool, BlockDevice device) {
        this.job = job;
        this.pool = pool;
        this.device = device;
        free = new int[pool.slabCount()];
        for (int i = 0; i < free.length; i++) {
            Slab slab = pool.tryAcquire();
            Fill.random(slab.buffer(), slab.index());
            free[freeCount++] = slab.index();
        }
    }

    /**
     * Opens the device.
     *
     * @param file written once, at least as long as the job.
     * @param context backend and options; path, depth and slabs are set here.
     */
    public static DeviceRate open(StoreJob job, Path file, BlockDeviceContext context) throws IOException {
        SlabPool pool = SlabPool.allocate(job.queueDepth(), job.chunkLength());
        try {
            return new DeviceRate(
                    job,
                    pool,
                    BlockDevices.open(
                            context.path(file).queueDepth(job.queueDepth()).slabPool(pool)));
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "device";
    }

    @Override
    public String method() {
        return device.describe();
    }

    @Override
    public double write() throws IOException {
        long startNs = System.nanoTime();
        transfer(true);
        sync();
        return (double) job.bytes() / (System.nanoTime() - startNs);
    }

    @Override
    public double read() {
        long startNs = System.nanoTime();
        transfer(false);
        return (double) job.bytes() / (System.nanoTime() - startNs);
    }

    private void transfer(boolean write) {
        long offset = 0;
        while (offset < job.bytes() || freeCount < free.length) {
            while (offset < job.bytes() && freeCount > 0) {
                Slab slab = pool.slab(free[freeCount - 1]);
                boolean queued = write
                        ? device.queueWrite(slab.index(), offset, slab, 0, job.chunkLength())
                        : device.queueRead(slab.index(), offset, slab, 0, job.chunkLength());
                if (!queued) {
                    break;
                }
                freeCount--;
                offset += job.chunkLength();
            }
            device.submit();
            device.poll(handler);
        }
    }

    private void sync() throws IOException {
        syncResult = PENDING;
        if (!device.queueSync(SYNC_TOKEN)) {
            throw new IllegalStateException("an idle device takes a sync: " + device.describe());
        }
        while (syncResult == PENDING) {
            device.submit();
            device.poll(handler);
        }
        if (syncResult < 0) {
            throw new IOException("sync failed: " + device.describe() + ", errno=" + Errno.name(syncResult));
        }
    }

    private void onCompletion(long token, int result) {
        if (token == SYNC_TOKEN) {
            syncResult = result;
            return;
        }
        free[freeCount++] = (int) token;
        if (result != job.chunkLength()) {
            throw new IllegalStateException("transfer failed: " + device.describe() + ", errno=" + Errno.name(result));
        }
    }

    @Override
    public void close() {
        device.close();
        for (int i = 0; i < pool.slabCount(); i++) {
            pool.slab(i).release();
        }
        pool.close();
    }
}
