package org.apollofs.dataplane.stripe;

import org.apollofs.namespace.client.PlacementTable;

/** Finds a number for a new stripe whose group is well. Any thread. */
final class GroupChooser {
    /** No group is usable now, one is about to be. */
    static final long RECOVERING = -1;
    /** No group has space on all its targets. */
    static final long FULL = -2;
    /** Every group has a target that is down. */
    static final long DOWN = -3;

    private final PlacementTable placement;
    private final Targets targets;
    private final StripeNumbers numbers;

    GroupChooser(PlacementTable placement, Targets targets, StripeNumbers numbers) {
        this.placement = placement;
        this.targets = targets;
        this.numbers = numbers;
    }

    /**
     * Chooses.
     *
     * @param block where to take numbers, or null for single ones.
     * @return a number, or one of the negative constants: the best that holds for a group.
     */
    long choose(StripeNumbers.Block block) {
        Usability best = Usability.DOWN;
        for (int i = 0; i < placement.groups().size(); i++) {
            long number = block == null ? numbers.one() : block.take();
            Usability usability = usability(placement.group(number));
            if (usability == Usability.USABLE) {
                return number;
            }
            best = best.compareTo(usability) <= 0 ? best : usability;
        }
        return switch (best) {
            case USABLE -> throw new IllegalStateException("unreachable");
            case RECOVERING -> RECOVERING;
            case FULL -> FULL;
            case DOWN -> DOWN;
        };
    }

    private Usability usability(int[] group) {
        Usability worst = Usability.USABLE;
        for (int target : group) {
            worst = worst.and(targets.usability(target));
        }
        return worst;
    }

    /** The error for a negative answer, naming the targets that are in the way. */
    StripeException failure(long status, String what) {
        StringBuilder text = new StringBuilder(what).append(": no placement group is usable:");
        String separator = " ";
        for (int target : targets.ids()) {
            if (targets.usability(target) != Usability.USABLE) {
                text.append(separator).append(targets.describe(target));
                separator = ", ";
            }
        }
        StripeException.Kind kind = status == FULL ? StripeException.Kind.NO_SPACE : StripeException.Kind.IO_ERROR;
        return new StripeException(kind, text.toString());
    }
}
