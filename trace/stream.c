#include <trace/stream.h>

#define COBS_BLOCK    254
#define VARINT_MAX    10
#define RECORD_MAX    (3 * VARINT_MAX)
#define TRACE_BASE_AT 16
#define TRACE_HEADER  24

/// Four bits at a time: a sixteenth of the usual table, for the kernel's private data.
static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc ^= byte;
    crc = crc >> 4 ^ table[crc & 15];
    return crc >> 4 ^ table[crc & 15];
}

uint32_t stream_crc32(const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < length; i++) {
        crc = crc_step(crc, bytes[i]);
    }
    return ~crc;
}

static void store32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void store64(uint8_t *at, uint64_t value)
{
    store32(at, (uint32_t)value);
    store32(at + 4, (uint32_t)(value >> 32));
}

/// A frame while it is sent: three pieces of memory that are encoded as one.
struct source {
    const uint8_t *pieces[3];
    size_t lengths[3];
    unsigned piece;
    size_t offset;
};

static bool source_next(struct source *source, uint8_t *byte)
{
    while (source->piece < 3 && source->offset == source->lengths[source->piece]) {
        source->piece++;
        source->offset = 0;
    }
    if (source->piece == 3) {
        return false;
    }
    *byte = source->pieces[source->piece][source->offset++];
    return true;
}

/// Consistent Overhead Byte Stuffing: each block is its length plus one, then its bytes, none of them zero.
static void cobs_write(stream_put put, struct source *source)
{
    uint8_t block[COBS_BLOCK];
    size_t length = 0;
    uint8_t byte;
    bool more = source_next(source, &byte);
    bool open = true; // a block has to follow, be it empty
    while (more || open) {
        length = 0;
        while (more && byte != 0 && length < COBS_BLOCK) {
            block[length++] = byte;
            more = source_next(source, &byte);
        }
        put((uint8_t)(length + 1));
        for (size_t i = 0; i < length; i++) {
            put(block[i]);
        }
        open = false;
        if (more && length < COBS_BLOCK) {
            more = source_next(source, &byte); // the zero is in the block's length
            open = true;
        }
    }
}

void stream_write_frame(stream_put put, uint8_t type, uint8_t core, uint32_t sequence, const uint8_t *payload,
                        size_t length)
{
    uint8_t header[STREAM_HEADER_BYTES] = {type, core, (uint8_t)length, (uint8_t)(length >> 8)};
    uint8_t checksum[STREAM_CRC_BYTES];
    store32(header + 4, sequence);
    uint32_t crc = ~0U;
    for (size_t i = 0; i < sizeof(header); i++) {
        crc = crc_step(crc, header[i]);
    }
    for (size_t i = 0; i < length; i++) {
        crc = crc_step(crc, payload[i]);
    }
    store32(checksum, ~crc);
    struct source source = {
        .pieces = {header, payload, checksum},
        .lengths = {sizeof(header), length, sizeof(checksum)},
    };
    put(0);
    cobs_write(put, &source);
    put(0);
}

static void add_varint(struct stream_trace *trace, uint64_t value)
{
    while (value >= 0x80) {
        trace->payload[trace->length++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    trace->payload[trace->length++] = (uint8_t)value;
}

void stream_trace_begin(struct stream_trace *trace, uint64_t index, uint64_t dropped)
{
    store64(trace->payload, index);
    store64(trace->payload + 8, dropped);
    store64(trace->payload + TRACE_BASE_AT, 0);
    trace->length = TRACE_HEADER;
    trace->has_base = false;
}

bool stream_trace_full(const struct stream_trace *trace)
{
    return trace->length + RECORD_MAX > STREAM_PAYLOAD_BYTES;
}

void stream_trace_add(struct stream_trace *trace, uint64_t event, uint64_t when, uint64_t argument)
{
    if (event != 0 && !trace->has_base) {
        store64(trace->payload + TRACE_BASE_AT, when);
        trace->previous = when;
        trace->has_base = true;
    }
    const bool forward = event != 0 && when > trace->previous;
    add_varint(trace, event);
    add_varint(trace, forward ? when - trace->previous : 0);
    add_varint(trace, event != 0 ? argument : 0);
    if (forward) {
        trace->previous = when;
    }
}

size_t stream_trace_end(const struct stream_trace *trace)
{
    return trace->length;
}
