package org.apollofs.namespace.client;

/** A name in a directory, with the inode it leads to. @param name bytes as stored: no '/', no NUL, 1 to 255. */
public record DirectoryEntry(byte[] name, Inode inode) {}
