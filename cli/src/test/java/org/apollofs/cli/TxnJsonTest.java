package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.Txn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TxnJsonTest {
    @Test
    void shouldReadATransaction() {
        Txn txn = TxnJson.parse("""
                {"when": [{"key": "a", "version": 7}, {"key": "b", "exists": false}, {"key": "c", "exists": true},
                          {"key": "d", "base64": "AAE="}],
                 "then": [{"put": "a", "value": "x", "version": 7, "lease": 3}, {"put": "b", "base64": "/w=="},
                          {"get": "a"}, {"delete": "c"}, {"rename": "e", "to": "f", "replace": false},
                          {"rename": "e", "to": "f", "exchange": true}, {"remove": "old"}],
                 "else": [{"delete": "d", "version": 9}]}
                """);
        assertEquals(new Txn.VersionIs("a", 7), txn.compares().get(0));
        assertEquals(new Txn.Absent("b"), txn.compares().get(1));
        assertEquals(new Txn.Exists("c"), txn.compares().get(2));
        assertArrayEquals(new byte[] {0, 1}, ((Txn.ValueIs) txn.compares().get(3)).value());
        Txn.Put first = (Txn.Put) txn.then().getFirst();
        assertEquals(7, first.expectedVersion());
        assertEquals(3, first.lease());
        Txn.Put second = (Txn.Put) txn.then().get(1);
        assertArrayEquals(new byte[] {(byte) 0xFF}, second.value());
        assertEquals(KeyValue.ANY_VERSION, second.expectedVersion());
        assertEquals(new Txn.Get("a"), txn.then().get(2));
        assertEquals(new Txn.Delete("c"), txn.then().get(3));
        assertEquals(
                new Txn.Rename("e", "f", Namespace.RENAME_NOREPLACE), txn.then().get(4));
        assertEquals(
                new Txn.Rename("e", "f", Namespace.RENAME_EXCHANGE), txn.then().get(5));
        assertEquals(new Txn.RemoveTree("old"), txn.then().get(6));
        assertEquals(List.of(new Txn.Delete("d", 9)), txn.otherwise());
        assertEquals(new Txn(List.of(), List.of(), List.of()), TxnJson.parse("{}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nonsense|not JSON",
                "[]|not an object",
                "{\"if\": []}|unknown field 'if'",
                "{\"then\": {}}|then: not a list",
                "{\"then\": [7]}|then[0]: not an object",
                "{\"then\": [{\"get\": \"a\"}, {}]}|then[1]: none of put",
                "{\"then\": [{\"put\": \"a\"}]}|then[0]: one of value and base64",
                "{\"then\": [{\"put\": \"a\", \"value\": 7}]}|'value' is missing or not text",
                "{\"then\": [{\"put\": \"a\", \"base64\": \"?\"}]}|not base64",
                "{\"then\": [{\"put\": \"a\", \"value\": \"x\", \"vers\": 1}]}|unknown field 'vers'",
                "{\"then\": [{\"delete\": \"a\", \"version\": 1.5}]}|not a whole number",
                "{\"then\": [{\"rename\": \"a\"}]}|'to' is missing",
                "{\"when\": [{\"key\": \"a\"}]}|when[0]: one of version",
                "{\"when\": [{\"key\": \"a\", \"exists\": 1}]}|neither true nor false",
                "{\"when\": [{\"key\": \"a\", \"version\": 1, \"exists\": true}]}|when[0]: one of version",
                "{\"when\": [], \"when\": []}|not JSON"
            })
    void shouldSayWhatIsWrong(String text, String expected) {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> TxnJson.parse(text));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(failure.getMessage().contains(expected), failure.getMessage());
    }
}
