/**
 * The mount: one file system over the namespace and the data plane, and the two ways to hand it to the kernel.
 */
package org.apollofs.fuse;
