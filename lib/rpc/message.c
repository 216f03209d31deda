/**
 * Messages: taking them apart, and between their two forms.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <rpc/wire.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES sizeof(uint64_t)

void rpc_add_string(struct rpc_message *message, const char *string)
{
    if (!string) {
        string = "";
    }
    rpc_add_bytes(message, string, strlen(string) + 1);
}

bool rpc_take_bytes(struct rpc_message *message, unsigned word, const void **data, size_t *bytes)
{
    size_t start = ROUND_UP(message->data_taken, WORD_BYTES);
    size_t length = message->words[word];
    if (start > message->data_bytes || length > message->data_bytes - start) {
        return false;
    }
    message->data_taken = start + length;
    *data = length ? message->data + start : NULL;
    *bytes = length;
    return true;
}

const char *rpc_take_string(struct rpc_message *message, unsigned word)
{
    const void *data;
    size_t bytes;
    if (!rpc_take_bytes(message, word, &data, &bytes) || bytes == 0) {
        return NULL;
    }
    const char *text = data;
    return strnlen(text, bytes) == bytes - 1 ? text : NULL;
}

bool rpc_take_bytes_copy(struct rpc_message *message, unsigned word, void **data, size_t *bytes,
                         errval_t *err)
{
    const void *found;
    *data = NULL;
    if (!rpc_take_bytes(message, word, &found, bytes)) {
        *err = RPC_ERR_PROTOCOL;
        return false;
    }
    if (*bytes == 0) {
        return true;
    }
    *data = malloc(*bytes);
    if (!*data) {
        *err = LIB_ERR_MALLOC_FAIL;
        return false;
    }
    memcpy(*data, found, *bytes);
    return true;
}

char *rpc_take_string_copy(struct rpc_message *message, unsigned word, errval_t *err)
{
    const char *text = rpc_take_string(message, word);
    char *copy = text ? strdup(text) : NULL;
    if (!copy) {
        *err = text ? LIB_ERR_MALLOC_FAIL : RPC_ERR_PROTOCOL;
    }
    return copy;
}

void rpc_message_release(struct rpc_message *message)
{
    if (message->finish) {
        message->finish(message);
        message->finish = NULL;
    }
    free(message->buffer);
    message->buffer = NULL;
    message->data = NULL;
}

void rpc_message_drop(struct rpc_message *message)
{
    rpc_message_release(message);
    for (unsigned i = 0; i < message->cap_count; i++) {
        cap_discard(message->caps[i]);
    }
    message->cap_count = 0;
}

void rpc_free_given(struct rpc_message *message)
{
    for (unsigned i = 0; i < message->cap_count; i++) {
        if (message->give & 1U << i) {
            slot_free(message->caps[i]);
        }
    }
    message->give = 0;
}

void rpc_delete_given(struct rpc_message *message)
{
    for (unsigned i = 0; i < message->cap_count; i++) {
        if (message->give & 1U << i) {
            cap_delete(message->caps[i]); // or it has left already
        }
    }
    rpc_free_given(message);
}

static void pack_caps(const struct rpc_message *message, struct rpc_wire *wire)
{
    if (message->cap_count == 0) {
        return;
    }
    uint64_t address[RPC_MAX_CAPS] = {0};
    for (unsigned i = 0; i < message->cap_count; i++) {
        address[i] = get_cap_addr(message->caps[i]);
        wire->flags |= message->give & 1U << i ? LMP_GIVE(i) : 0;
    }
    wire->flags |= (uint64_t)LMP_CAPS((uint64_t)message->cap_count);
    wire->caps[0] = address[0] | address[1] << 32;
    wire->caps[1] = address[2] | address[3] << 32;
}

/// Bytes of a message's arrays, each but the last padded to words. If one alone is too long, all are.
static size_t blob_bytes(const struct rpc_message *message)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < message->blob_count; i++) {
        if (message->blobs[i].bytes > RPC_MAX_BYTES) {
            return RPC_MAX_BYTES + 1; // sums of others could overflow
        }
        bytes = ROUND_UP(bytes, WORD_BYTES) + message->blobs[i].bytes;
    }
    return bytes;
}

static void pack_small(const struct rpc_message *message, unsigned at, struct rpc_wire *wire)
{
    for (unsigned i = 0; i < message->word_count; i++) {
        wire->w[at++] = message->words[i];
    }
    for (unsigned i = 0; i < message->blob_count; i++) {
        const struct rpc_blob *blob = &message->blobs[i];
        unsigned words = (unsigned)((blob->bytes + WORD_BYTES - 1) / WORD_BYTES);
        if (words) {
            wire->w[at + words - 1] = 0;
            memcpy(&wire->w[at], blob->data, blob->bytes);
        }
        at += words;
    }
    wire->words = at;
}

bool rpc_pack(const struct rpc_message *message, unsigned first, uint64_t header, struct rpc_wire *wire)
{
    size_t bytes = blob_bytes(message);
    size_t words = message->word_count + (bytes + WORD_BYTES - 1) / WORD_BYTES;
    header |= (uint64_t)message->word_count << RPC_WORDS_SHIFT;
    pack_caps(message, wire);
    if (first + words <= LMP_MSG_WORDS) {
        wire->w[0] = header;
        pack_small(message, first, wire);
        return true;
    }
    unsigned here = rpc_register_words(message, first);
    wire->w[0] = header | RPC_FLAG_BYTES;
    wire->w[first] = rpc_stream_bytes(message, first);
    for (unsigned i = 0; i < here; i++) {
        wire->w[first + 1 + i] = message->words[i];
    }
    wire->words = first + 1 + here;
    return false;
}

static void read_words(const struct lmp_message *m, uint64_t *w)
{
    w[0] = m->w0;
    w[1] = m->w1;
    w[2] = m->w2;
    w[3] = m->w3;
    w[4] = m->w4;
    w[5] = m->w5;
    w[6] = m->w6;
    w[7] = m->w7;
}

bool rpc_unpack(const struct lmp_message *m, unsigned first, struct rpc_message *message, size_t *stream)
{
    uint64_t w[LMP_MSG_WORDS];
    const unsigned count = lmp_header_words(m->header), words = rpc_header_words(m->w0);
    read_words(m, w);
    rpc_message_init(message);
    *stream = 0;
    if (count < first || count > LMP_MSG_WORDS || words > RPC_MAX_WORDS) {
        return false;
    }
    message->word_count = (uint16_t)words;
    if (m->w0 & RPC_FLAG_BYTES) {
        unsigned here = rpc_register_words(message, first);
        if (count != first + 1 + here || w[first] == 0 || w[first] > RPC_MAX_BYTES) {
            return false;
        }
        *stream = w[first];
        for (unsigned i = 0; i < here; i++) {
            message->words[i] = w[first + 1 + i];
        }
        return true;
    }
    if (count < first + words) {
        return false;
    }
    for (unsigned i = 0; i < words; i++) {
        message->words[i] = w[first + i];
    }
    for (unsigned i = first + words; i < count; i++) {
        message->packed[i - first - words] = w[i];
    }
    message->data_bytes = (count - first - words) * WORD_BYTES;
    message->data = (const uint8_t *)message->packed;
    return true;
}

/// Bytes of the words that do not stand in registers.
static size_t words_in_stream(const struct rpc_message *message, unsigned first)
{
    return (message->word_count - rpc_register_words(message, first)) * WORD_BYTES;
}

size_t rpc_stream_bytes(const struct rpc_message *message, unsigned first)
{
    return words_in_stream(message, first) + blob_bytes(message);
}

/// Copies what a segment that begins at `start` has of the range.
static void gather_segment(size_t start, const void *segment, size_t length, size_t offset, char *to,
                           size_t bytes)
{
    size_t from = start > offset ? start : offset;
    size_t end = start + length < offset + bytes ? start + length : offset + bytes;
    if (from < end) {
        memcpy(to + (from - offset), (const char *)segment + (from - start), end - from);
    }
}

void rpc_gather(const struct rpc_message *message, unsigned first, size_t offset, void *to, size_t bytes)
{
    size_t at = words_in_stream(message, first);
    gather_segment(0, &message->words[rpc_register_words(message, first)], at, offset, to, bytes);
    for (unsigned i = 0; i < message->blob_count; i++) {
        const struct rpc_blob *blob = &message->blobs[i];
        gather_segment(at, blob->data, blob->bytes, offset, to, bytes);
        at += blob->bytes;
        while (at % WORD_BYTES && i + 1 < message->blob_count) {
            if (at >= offset && at < offset + bytes) {
                ((char *)to)[at - offset] = 0; // what is not sent is not shown
            }
            at++;
        }
    }
}

const void *rpc_stream_in_place(const struct rpc_message *message, unsigned first, size_t offset,
                                size_t bytes)
{
    if (message->blob_count == 1 && words_in_stream(message, first) == 0
        && offset + bytes <= message->blobs[0].bytes) {
        return (const char *)message->blobs[0].data + offset;
    }
    return NULL;
}

bool rpc_take_stream(struct rpc_message *message, unsigned first, const void *stream, size_t bytes)
{
    unsigned here = rpc_register_words(message, first);
    size_t words = (message->word_count - here) * WORD_BYTES;
    if (words > bytes) {
        return false;
    }
    if (words) {
        memcpy(&message->words[here], stream, words);
    }
    message->data = (const uint8_t *)stream + words;
    message->data_bytes = bytes - words;
    return true;
}

errval_t rpc_error(errval_t err)
{
    switch (err_no(err)) {
    case SYS_ERR_LMP_NO_TARGET:
    case SYS_ERR_CAP_NOT_FOUND:
    case SYS_ERR_ILLEGAL_INVOCATION:
    case LIB_ERR_LMP_PEER_GONE:
        return RPC_ERR_PEER_GONE;
    case SYS_ERR_LMP_BUF_OVERFLOW:
    case SYS_ERR_LMP_CAP_NO_SLOT:
        return RPC_ERR_BUSY;
    default:
        return err;
    }
}
