/**
 * Lanes between GPU hosts and storage targets: chunk requests one way, answers the other, with credit-based
 * back-pressure. The interfaces know no Aeron types; {@code transport.aeron} implements them.
 */
package org.apollofs.transport;
