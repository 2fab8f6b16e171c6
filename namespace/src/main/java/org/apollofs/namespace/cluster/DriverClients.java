package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.CncFileDescriptor;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * The clients of a media driver that runs in this process. Those of other processes, such as of a command, may be killed; the driver
 * waits for a silent client for ever ({@link AeronTimeouts}), so whoever owns it looks now and then whether their processes live.
 *
 * <p>A client says that it is there by the time in a counter of the driver. Where that is set back, the driver takes what was the
 * client's away. One thread.
 */
public final class DriverClients implements AutoCloseable {
    private static final Pattern PID = Pattern.compile(" pid=(\\d+)");

    private final MappedByteBuffer mapped;
    private final UnsafeBuffer values;
    private final CountersReader counters;
    private final ManyToOneRingBuffer toDriver;

    /** @param aeronDirectory of a driver that runs in this process. */
    public DriverClients(String aeronDirectory) {
        mapped = IoUtil.mapExistingFile(
                Path.of(aeronDirectory, CncFileDescriptor.CNC_FILE).toFile(), "counters");
        DirectBuffer metaData = CncFileDescriptor.createMetaDataBuffer(mapped);
        toDriver = new ManyToOneRingBuffer(CncFileDescriptor.createToDriverBuffer(mapped, metaData));
        values = CncFileDescriptor.createCountersValuesBuffer(mapped, metaData);
        counters = new CountersReader(CncFileDescriptor.createCountersMetaDataBuffer(mapped, metaData), values);
    }

    /** What a client says of itself, to be found by {@link #endDead}. @param role of the client. */
    static String nameOf(String role) {
        return role + " pid=" + ProcessHandle.current().pid();
    }

    /** Ends clients whose process is gone. @return how many. */
    public int endDead() {
        return end(label -> {
            Matcher pid = PID.matcher(label);
            return pid.find() && ProcessHandle.of(Long.parseLong(pid.group(1))).isEmpty();
        });
    }

    /** Whether any client is of another process. */
    public boolean hasForeign() {
        boolean[] found = {false};
        counters.forEach((id, type, key, label) -> {
            Matcher pid = type == AeronCounters.DRIVER_HEARTBEAT_TYPE_ID ? PID.matcher(label) : null;
            found[0] |= pid != null
                    && pid.find()
                    && Long.parseLong(pid.group(1)) != ProcessHandle.current().pid();
        });
        return found[0];
    }

    /** Has the driver take clients for gone. @param which by what their counters are called. */
    int end(Predicate<String> which) {
        int[] count = {0};
        counters.forEach((id, type, key, label) -> {
            if (type == AeronCounters.DRIVER_HEARTBEAT_TYPE_ID && which.test(label)) {
                values.putLongRelease(CountersManager.counterOffset(id), 0);
                count[0]++;
            }
        });
        return count[0];
    }

    /** Tells clients that the driver has ended, as it does itself when it ends in order. */
    public void driverIsGone() {
        toDriver.consumerHeartbeatTime(Aeron.NULL_VALUE);
    }

    @Override
    public void close() {
        IoUtil.unmap(mapped);
    }
}
