/**
 * CRC32C of memory: end to end, one for each block, computed once by the writer and verified by target and reader.
 */
package org.apollofs.io.checksum;
