package org.apollofs.fuse;

/** The contract on /dev/fuse itself. */
class KernelMountTest extends MountContract {
    @Override
    Backend backend() {
        return Backend.KERNEL;
    }
}
