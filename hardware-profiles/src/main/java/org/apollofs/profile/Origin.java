package org.apollofs.profile;

/**
 * Where a key stands.
 *
 * @param file its name.
 * @param line from 1.
 */
record Origin(String file, int line) {}
