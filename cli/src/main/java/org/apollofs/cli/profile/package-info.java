/** Commands about machines and sites: probe, profile, check, plan. They use no other class of the command line. */
package org.apollofs.cli.profile;
