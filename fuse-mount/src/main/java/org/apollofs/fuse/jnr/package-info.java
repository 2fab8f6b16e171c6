/**
 * The portable backend: libfuse 2 through jnr-fuse. Nothing outside it touches a jnr class.
 */
package org.apollofs.fuse.jnr;
