/**
 * Authentication of every datagram that a media driver sends or takes: a seal behind each frame, under a key that follows
 * from the site's secret. What has none reaches no decoder.
 */
package org.apollofs.transport.aeron.seal;
