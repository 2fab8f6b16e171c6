/** What a machine is: read through one small interface, so that recorded machines are read as this one is. */
package org.apollofs.profile.probe;
