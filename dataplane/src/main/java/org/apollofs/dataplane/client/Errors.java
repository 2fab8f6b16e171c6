package org.apollofs.dataplane.client;

import org.apollofs.dataplane.stripe.StripeException;
import org.apollofs.namespace.client.NamespaceException;

/** Turns what stripes and namespace throw into what a mount tells apart. Static. */
final class Errors {
    private Errors() {}

    /** @param context what was done, to what: put before the message. */
    static DataException of(StripeException e, String context) {
        return new DataException(kind(e), context + e.getMessage());
    }

    /** @param bytesWritten bytes of a write that were taken before. */
    static DataException of(StripeException e, int bytesWritten) {
        return new DataException(kind(e), e.getMessage(), bytesWritten);
    }

    private static DataException.Kind kind(StripeException e) {
        return switch (e.kind()) {
            case IO_ERROR -> DataException.Kind.IO_ERROR;
            case NO_SPACE -> DataException.Kind.NO_SPACE;
            case TIMEOUT -> DataException.Kind.TIMEOUT;
        };
    }

    /** @param context what was done, to what: put before the message. */
    static DataException of(NamespaceException e, String context) {
        DataException.Kind kind = switch (e.error()) {
            case NOT_FOUND -> DataException.Kind.STALE;
            case FENCED -> DataException.Kind.FENCED;
            case TIMEOUT, UNAVAILABLE -> DataException.Kind.TIMEOUT;
            case NO_SPACE -> DataException.Kind.NO_SPACE;
            case INVALID, IS_DIRECTORY -> DataException.Kind.INVALID;
            default -> DataException.Kind.IO_ERROR;
        };
        return new DataException(kind, context + e.error() + ": " + e.getMessage());
    }
}
