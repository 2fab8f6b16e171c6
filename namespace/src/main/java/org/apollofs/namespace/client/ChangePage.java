package org.apollofs.namespace.client;

import java.util.List;

/**
 * Some entries of the change log, in order.
 *
 * @param next sequence to read from next: beyond the last entry that was looked at, whether it was asked for or not.
 * @param last sequence of the last change there was; the page reached the end if {@code next > last}.
 */
public record ChangePage(List<Change> changes, long next, long last) {}
