package org.apollofs.profile.probe;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What can only be found out by doing it. This module stands below the parts that do it, so they come in through here.
 */
public interface Measurements {
    /** What is measured. */
    enum Quantity {
        /** Bytes a second that one thread copies in memory. */
        MEMORY_COPY("memory copy", "bytes/s"),
        /** Bytes a second of CRC32C over blocks of 64 KiB, one thread. */
        CHECKSUM("CRC32C", "bytes/s"),
        /** Bytes a second of data that one thread makes 8+2 parity of. */
        PARITY("parity 8+2", "bytes/s"),
        /** Bytes a second read from a device or a file, past the page cache. */
        DEVICE_READ("sequential read", "bytes/s"),
        /** Bytes a second written and synced. */
        DEVICE_WRITE("sequential write and sync", "bytes/s"),
        /** Seconds of a 4 KiB write and sync, median. */
        SYNC_MEDIAN("4 KiB write and sync, median", "s"),
        /** Seconds of a 4 KiB write and sync that 99 of 100 stay below. */
        SYNC_P99("4 KiB write and sync, p99", "s"),
        /** Seconds of one question through a mount. */
        FUSE_ROUND_TRIP("FUSE round trip", "s"),
        /** Packets that were dropped while a burst of UDP went through. */
        UDP_DROPS("drops in a UDP burst", "packets");

        private final String label;
        private final String unit;

        Quantity(String label, String unit) {
            this.label = label;
            this.unit = unit;
        }

        /** In words. */
        public String label() {
            return label;
        }

        /** Unit of the value. */
        public String unit() {
            return unit;
        }
    }

    /**
     * Measures, or gives what was measured before.
     *
     * @param subject what of: a device, or empty.
     * @return empty if it cannot be measured here, or must not.
     */
    OptionalDouble measure(Quantity quantity, String subject);

    /** Which codec computes parity, and why; empty if nobody has looked. */
    Optional<String> codec();

    /** Measures nothing. */
    static Measurements none() {
        return new Measurements() {
            @Override
            public OptionalDouble measure(Quantity quantity, String subject) {
                return OptionalDouble.empty();
            }

            @Override
            public Optional<String> codec() {
                return Optional.empty();
            }
        };
    }
}
