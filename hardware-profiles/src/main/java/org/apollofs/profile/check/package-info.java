/** What may be wrong with a machine: 48 checks, each with what it found, what it expected, why it matters, and the mend. */
package org.apollofs.profile.check;
