/**
 * Lanes over Aeron, IPC or UDP: the only home of io.aeron in this module. A lane is two Aeron streams of its own, one
 * with the host's requests and one with the target's answers, agreed upon in a signed hello.
 */
package org.apollofs.transport.aeron;
