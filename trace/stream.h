/**
 * Encoding of the stream on the wire: docs/trace-stream.md says what it looks like. Builds for the kernel and
 * for the host's tests.
 */
#ifndef TRACE_STREAM_H
#define TRACE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_HELLO   1
#define STREAM_TRACE   2
#define STREAM_CLOCK   3
#define STREAM_BENCH   4
#define STREAM_SAMPLES 5
#define STREAM_END     6
#define STREAM_PANIC   7
#define STREAM_DOMAIN  8

#define STREAM_VERSION       1
#define STREAM_PAYLOAD_BYTES 1024
#define STREAM_HEADER_BYTES  8
#define STREAM_CRC_BYTES     4

/// Takes one byte of the stream.
typedef void (*stream_put)(uint8_t byte);

/// Sends one frame: `length` (at most STREAM_PAYLOAD_BYTES) bytes of `payload`, delimiters included.
void stream_write_frame(stream_put put, uint8_t type, uint8_t core, uint32_t sequence, const uint8_t *payload,
                        size_t length);

uint32_t stream_crc32(const uint8_t *bytes, size_t length);

/// Payload of a TRACE frame while it is filled.
struct stream_trace {
    uint8_t payload[STREAM_PAYLOAD_BYTES];
    size_t length;
    uint64_t previous; ///< Time of the last record.
    bool has_base;
};

/// Starts an empty payload: index of its first record, and drops so far.
void stream_trace_begin(struct stream_trace *trace, uint64_t index, uint64_t dropped);

/// True if another record might not fit.
bool stream_trace_full(const struct stream_trace *trace);

/// Adds a record; event 0 is one that was never completed. A time below the last one is taken as the last
/// one.
void stream_trace_add(struct stream_trace *trace, uint64_t event, uint64_t when, uint64_t argument);

/// Returns the payload's length.
size_t stream_trace_end(const struct stream_trace *trace);

#endif
