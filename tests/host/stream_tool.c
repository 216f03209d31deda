/*
 * Runs the target's stream encoder (trace/stream.c) on what stands on standard input, for
 * test_stream_c_encoder.py.
 *
 * A line is "frame TYPE CORE SEQUENCE HEXPAYLOAD" ("-" for none) or "trace INDEX DROPPED TIME:EVENT:WORD
 * ..."; the answer is a line of hexadecimal bytes: the wire, or the payload.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trace/stream.h>

#define LINE_BYTES 65536

static void put(uint8_t byte)
{
    printf("%02x", byte);
}

/// Memory of exactly this size, so that a read past its end is seen.
static void *must_allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static size_t parse_hex(const char *text, uint8_t *bytes, size_t limit)
{
    size_t length = 0;
    unsigned value;
    while (length < limit && sscanf(text + 2 * length, "%2x", &value) == 1) {
        bytes[length++] = (uint8_t)value;
    }
    return length;
}

static void run_frame(void)
{
    const unsigned type = (unsigned)strtoul(strtok(NULL, " \n"), NULL, 0);
    const unsigned core = (unsigned)strtoul(strtok(NULL, " \n"), NULL, 0);
    const uint32_t sequence = (uint32_t)strtoul(strtok(NULL, " \n"), NULL, 0);
    const char *hex = strtok(NULL, " \n");
    uint8_t buffer[STREAM_PAYLOAD_BYTES];
    const size_t length = hex[0] == '-' ? 0 : parse_hex(hex, buffer, sizeof(buffer));
    uint8_t *payload = must_allocate(length != 0 ? length : 1);
    memcpy(payload, buffer, length);
    stream_write_frame(put, (uint8_t)type, (uint8_t)core, sequence, payload, length);
    free(payload);
}

static void run_trace(void)
{
    struct stream_trace *trace = must_allocate(sizeof(*trace));
    const uint64_t index = strtoull(strtok(NULL, " \n"), NULL, 0);
    const uint64_t dropped = strtoull(strtok(NULL, " \n"), NULL, 0);
    stream_trace_begin(trace, index, dropped);
    const char *record;
    while ((record = strtok(NULL, " \n")) != NULL && !stream_trace_full(trace)) {
        uint64_t when, event, word;
        if (sscanf(record, "%" SCNu64 ":%" SCNu64 ":%" SCNu64, &when, &event, &word) == 3) {
            stream_trace_add(trace, event, when, word);
        }
    }
    const size_t length = stream_trace_end(trace);
    for (size_t i = 0; i < length; i++) {
        put(trace->payload[i]);
    }
    free(trace);
}

int main(void)
{
    static char line[LINE_BYTES];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        const char *word = strtok(line, " \n");
        if (word != NULL && strcmp(word, "frame") == 0) {
            run_frame();
        } else if (word != NULL && strcmp(word, "trace") == 0) {
            run_trace();
        } else {
            return 1;
        }
        putchar('\n');
    }
    return 0;
}
