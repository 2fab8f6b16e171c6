package org.apollofs.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Values as they are printed: text where they are text, base64 where not. */
final class KvValues {
    private KvValues() {}

    /** Adds a value to a JSON object, under {@code value} or {@code base64}. @param bytes null for none. */
    static ObjectNode put(ObjectNode to, byte[] bytes) {
        if (bytes == null) {
            return to;
        }
        String text = text(bytes);
        return text != null
                ? to.put("value", text)
                : to.put("base64", Base64.getEncoder().encodeToString(bytes));
    }

    /** The value on one line. */
    static String line(byte[] bytes) {
        if (bytes == null) {
            return "(large file)";
        }
        String text = text(bytes);
        boolean isPlain = text != null && text.chars().noneMatch(Character::isISOControl);
        return isPlain ? text : "base64:" + Base64.getEncoder().encodeToString(bytes);
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }
}
