package org.apollofs.profile.plan;

/**
 * A number that a plan goes by.
 *
 * @param basis how it is known.
 * @param source where it is from, in a few words.
 */
public record Assumption(Key key, double value, Basis basis, String source) {
    /** How a number is known. */
    public enum Basis {
        /** Said by who asked for the plan. */
        GIVEN,
        PUBLISHED,
        MEASURED,
        ASSUMED
    }

    /** Which number. */
    public enum Key {
        BYTES_PER_PARAMETER("bytes of a checkpoint per parameter", Unit.PLAIN),
        GPU_HOURS_PER_FAILURE("GPU-hours between failures", Unit.PLAIN),
        RESTART_SEC("restart without reading", Unit.SECONDS),
        STALL_SEC("stall of an asynchronous save", Unit.SECONDS),
        SAVE_PERCENT("time that saves may cost", Unit.PERCENT),
        READERS("replicas that read a checkpoint at a restart", Unit.PLAIN),
        CAPACITY_PER_GPU("bytes that users fill, per GPU", Unit.BYTES),
        FILL_PERCENT("how full targets may be", Unit.PERCENT),
        GPUS_PER_HOST("GPUs of a host", Unit.PLAIN),
        HOST_NETWORK("network of a host", Unit.RATE),
        HOST_CORES("cores of a host", Unit.PLAIN),
        CPU_SEC_PER_GB("processor time of a GB written", Unit.SECONDS),
        SERVER_WRITE("a server takes, parity included", Unit.RATE),
        SERVER_READ("a server gives", Unit.RATE),
        SERVER_BYTES("drives of a server", Unit.BYTES),
        SERVER_UNITS("height of a server, rack units", Unit.PLAIN),
        SERVER_WATTS("power of a server", Unit.WATTS),
        RACK_UNITS("height of a storage rack, rack units", Unit.PLAIN),
        RACK_WATTS("power of a storage rack", Unit.WATTS),
        TRAY_GPUS("GPUs of a tray", Unit.PLAIN),
        RACK_GPUS("GPUs of a GPU rack", Unit.PLAIN),
        OTHER_RACKS_PERCENT("racks for all else, of the GPU racks", Unit.PERCENT),
        TRAY_WRITE("a tray takes, parity included", Unit.RATE),
        TRAY_READ("a tray gives", Unit.RATE),
        TRAY_BYTES("drives of a tray", Unit.BYTES),
        TRAY_WATTS("power that targets add to a tray", Unit.WATTS),
        REPAIR_PERCENT("share of servers' rates for repair under load", Unit.PERCENT),
        FILES_PER_RANK("files of a checkpoint per GPU", Unit.PLAIN),
        OPERATIONS_PER_FILE("namespace operations per file", Unit.PLAIN),
        NAMESPACE_RATE("operations a second of the namespace", Unit.PLAIN);

        private final String label;
        private final Unit unit;

        Key(String label, Unit unit) {
            this.label = label;
            this.unit = unit;
        }

        /** What it is, in words. */
        public String label() {
            return label;
        }

        /** Unit of its value. */
        public Unit unit() {
            return unit;
        }
    }
}
