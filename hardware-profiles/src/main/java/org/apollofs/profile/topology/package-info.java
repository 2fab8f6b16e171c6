/** Where the machines of a site stand: places, racks, power feeds, servers with addresses, their targets. */
package org.apollofs.profile.topology;
