/**
 * Off-heap memory of the data path: page-aligned, pre-touched slabs that have exactly one owner at a time.
 */
package org.apollofs.io.buffer;
