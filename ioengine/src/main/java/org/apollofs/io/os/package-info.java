/**
 * The operating system's edge: Linux system calls through java.lang.foreign, error numbers and flags. The only package of
 * this module that calls native code of libc.
 */
package org.apollofs.io.os;
