/**
 * The state machine: commands of the log in, tables in LMDB out, the same log giving the same bytes. Knows no Aeron.
 */
package org.apollofs.namespace.state;
