package org.apollofs.profile.probe;

/**
 * A network port of hardware.
 *
 * @param mbitPerSec of its link; 0 if it is not known.
 * @param mtu bytes of a frame's payload.
 * @param numaNode node that it is attached to; -1 if there is none.
 * @param up whether it carries.
 */
public record Nic(String name, String driver, int mbitPerSec, int mtu, int numaNode, boolean up, String mac) {}
