package org.apollofs.profile;

/**
 * What a site is for.
 *
 * @param gpus of all places.
 * @param parameters of the largest model.
 * @param jobs that train such a model at once.
 * @param savePercent share of time that saves, and what failures make compute again, may cost.
 * @param stallSec seconds that an asynchronous save stops training.
 * @param writeBytesPerSec bytes a second of all hosts, parity aside; 0: what {@code savePercent} needs.
 * @param capacityBytes that users may fill, parity aside; 0: not said.
 * @param fillPercent how full targets may be.
 * @param domain what may fail as one.
 * @param distanceKm way to the nearest majority of the namespace, in km.
 * @param geoIntervalSec seconds between checkpoints that are copied to another place.
 */
public record GoalProfile(
        int gpus,
        double parameters,
        int jobs,
        Save save,
        double savePercent,
        double stallSec,
        long writeBytesPerSec,
        long capacityBytes,
        int fillPercent,
        Domain domain,
        double distanceKm,
        double geoIntervalSec) {
    /** How jobs save. */
    public enum Save {
        /** Training stops until the checkpoint is durable. */
        BLOCKING,
        /** Training stops while the device's memory is copied to the host's. */
        ASYNC
    }

    /** What fails as one: chunks of a stripe lie in different ones. */
    public enum Domain {
        SERVER,
        RACK,
        POWER
    }
}
