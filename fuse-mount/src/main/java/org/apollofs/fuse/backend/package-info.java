/**
 * The choice between the ways to mount: the one package that knows them all.
 */
package org.apollofs.fuse.backend;
