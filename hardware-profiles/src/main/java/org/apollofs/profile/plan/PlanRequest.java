package org.apollofs.profile.plan;

import org.apollofs.profile.LayoutProfile;

/**
 * What a plan is asked for. Zero where it is to be found out.
 *
 * @param gpus of all sites.
 * @param parameters of the model.
 * @param jobs that train such a model at once; each has its share of the GPUs.
 * @param writeBytesPerSec of all hosts together, parity aside; 0: what the waste needs.
 * @param capacityBytes that users fill; 0: so much a GPU.
 * @param checkpointsKept of each job, where capacity follows from them; 0: it does not.
 * @param racks of storage of its own; 0: as few as hold the servers.
 * @param layout whose width and overhead count.
 * @param sites that the GPUs are spread over evenly.
 * @param distanceKm to the nearest majority of the namespace.
 * @param geoIntervalSec seconds between checkpoints that are copied to another site.
 */
public record PlanRequest(
        int gpus,
        double parameters,
        int jobs,
        double writeBytesPerSec,
        double capacityBytes,
        double checkpointsKept,
        int racks,
        LayoutProfile layout,
        int sites,
        double distanceKm,
        double geoIntervalSec) {}
