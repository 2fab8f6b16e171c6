package org.apollofs.namespace.client;

import java.util.List;

/** Entries in name order (unsigned bytes). @param more whether there are further ones after the last of these. */
public record DirectoryPage(List<DirectoryEntry> entries, boolean more) {}
