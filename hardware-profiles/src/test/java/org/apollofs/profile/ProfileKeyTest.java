package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProfileKeyTest {
    /** A key that is added to a schema gets its entry under "x-keys" there. */
    @Test
    void shouldExplainEveryKey() {
        List<ProfileKey> keys = new ArrayList<>(ProfileKey.ofMachine());
        keys.addAll(ProfileKey.ofSite());
        assertTrue(keys.size() > 80, "keys=" + keys.size());
        for (ProfileKey key : keys) {
            assertFalse(key.unit().isBlank(), key.path() + " has no unit: add it under x-keys of the schema");
            assertFalse(key.range().isBlank(), key.path() + " has no range");
            assertFalse(key.reason().isBlank(), key.path() + " has no reason");
            assertFalse(key.effect().isBlank(), key.path() + " has no effect");
        }
        assertEquals(List.of(), ProfileKey.leftOver(false));
        assertEquals(List.of(), ProfileKey.leftOver(true));
    }

    @Test
    void shouldSayRangeOfSizesRatherThanTheirNotation() {
        for (ProfileKey key : ProfileKey.ofMachine()) {
            assertFalse(key.range().contains("such as"), key.path() + ": " + key.range());
        }
    }

    @Test
    void shouldFindKeys() {
        assertEquals("bytes", ProfileKey.find("lanes.mtu").orElseThrow().unit());
        assertEquals(
                "an integer from 8 to 4096",
                ProfileKey.find("targets[3].queueDepth").orElseThrow().range());
        assertEquals(
                "1000", ProfileKey.find("engine.commit.delayUs").orElseThrow().defaultValue());
        assertEquals("required", ProfileKey.find("goals.gpus").orElseThrow().defaultValue());
        assertTrue(ProfileKey.find("lanes.mtux").isEmpty());
        assertEquals("lanes.mtu", ProfileKey.nearest("lane.mtu"));
        assertEquals("targets[].queueDepth", ProfileKey.nearest("queuDepth"));
    }
}
