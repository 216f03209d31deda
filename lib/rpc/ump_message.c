/**
 * Messages as slots: taking them out of the ring, and making them.
 */
#include <rpc/ump_link.h>
#include <stdlib.h>
#include <string.h>

/// The control word's upper half, and the control word, of the next slot. \return false if none waits
static inline bool peek(const struct ump_end *end, uint64_t *control, uint32_t *header)
{
    *control = __atomic_load_n(&end->rx_slot->control, __ATOMIC_ACQUIRE);
    *header = (uint32_t)(*control >> 32) & ~UMP_EPOCH;
    return ump_end_is_filled(end, *control);
}

static void copy_words(uint64_t *to, const struct ump_slot *slot, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        to[i] = slot->words[i];
    }
}

static void begin(struct rpc_ump_arrival *arrival)
{
    memset(arrival, 0, sizeof(*arrival));
}

/// The first slot of a message of several, or with capabilities. \return false if it is none
static bool take_first(struct rpc_ump_assembly *in, const struct ump_slot *slot, uint32_t header,
                       unsigned first, size_t bytes_max)
{
    struct rpc_ump_arrival *arrival = &in->arrival;
    const unsigned tag = UMP_TAG(header), words = UMP_WORDS(header);
    const unsigned total = tag & RPC_UMP_WORDS_MASK, caps = tag >> RPC_UMP_CAPS_SHIFT & RPC_UMP_CAPS_MASK;
    const unsigned head = total + caps;
    if (total == 0 || total > LMP_MSG_WORDS || caps > RPC_MAX_CAPS
        || words != (head < UMP_SLOT_WORDS ? head : UMP_SLOT_WORDS)) {
        return false;
    }
    begin(arrival);
    copy_words(arrival->w, slot, words);
    arrival->words = total;
    arrival->token_count = caps;
    if (arrival->w[0] & RPC_FLAG_BYTES) {
        arrival->stream = total > first ? arrival->w[first] : 0;
        if (arrival->stream == 0 || arrival->stream > RPC_MAX_BYTES) {
            return false;
        }
    }
    in->head_left = head - words;
    in->done = 0;
    if (UMP_IS_LAST(header) != (in->head_left == 0 && arrival->stream == 0)) {
        return false;
    }
    if (arrival->stream > bytes_max) {
        arrival->err = RPC_ERR_TOO_LONG;
    } else if (arrival->stream) {
        arrival->data = malloc((arrival->stream + 7) / 8 * 8);
        arrival->err = arrival->data ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
    }
    return true;
}

/// Another one. \return false if it is not what must follow
static bool take_next(struct rpc_ump_assembly *in, const struct ump_slot *slot, uint32_t header)
{
    struct rpc_ump_arrival *arrival = &in->arrival;
    const unsigned words = UMP_WORDS(header);
    if (UMP_IS_FIRST(header)) {
        return false;
    }
    if (UMP_TAG(header) == RPC_UMP_VOID) {
        arrival->is_void = true;
        return UMP_IS_LAST(header);
    }
    if (in->head_left) {
        if (words != in->head_left) {
            return false;
        }
        copy_words(arrival->w + UMP_SLOT_WORDS, slot, words);
        in->head_left = 0;
        return UMP_IS_LAST(header) == (arrival->stream == 0);
    }
    const size_t left = arrival->stream - in->done;
    const size_t bytes = left < UMP_SLOT_BYTES ? left : UMP_SLOT_BYTES;
    if (words != (bytes + 7) / 8 || UMP_IS_LAST(header) != (bytes == left)) {
        return false;
    }
    if (arrival->data && bytes == UMP_SLOT_BYTES) {
        memcpy(arrival->data + in->done, slot->words, UMP_SLOT_BYTES);
    } else if (arrival->data) {
        memcpy(arrival->data + in->done, slot->words, bytes);
    }
    in->done += bytes;
    return true;
}

/// The tokens stand behind the words.
static void complete(struct rpc_ump_assembly *in, struct rpc_ump_arrival *arrival)
{
    *arrival = in->arrival;
    in->arrival.data = NULL;
    in->is_open = false;
    for (unsigned i = 0; i < arrival->token_count; i++) {
        arrival->tokens[i] = arrival->w[arrival->words + i];
        arrival->w[arrival->words + i] = 0;
    }
    if (arrival->is_void && in->head_left) {
        arrival->token_count = 0; // not all have come
    }
}

enum rpc_ump_result rpc_ump_take(struct rpc_ump *ump, unsigned first, size_t bytes_max, unsigned slots_max,
                                 struct rpc_ump_arrival *arrival)
{
    struct ump_end *end = &ump->chan.end;
    struct rpc_ump_assembly *in = &ump->in;
    uint64_t control;
    uint32_t header;
    for (; slots_max > 0 && peek(end, &control, &header); slots_max--) {
        const struct ump_slot *slot = end->rx_slot;
        bool good;
        if (UMP_IS_FIRST(header)) {
            trace_ump_receive(ump_chan_flow(&ump->chan, 1U - ump->chan.side, end->rx_messages++),
                              ump_chan_peer_core(&ump->chan), ump->chan.number);
        }
        if (in->is_open) {
            good = take_next(in, slot, header);
        } else if (UMP_IS_FIRST(header) && UMP_IS_LAST(header) && UMP_TAG(header) == 0) {
            begin(arrival);
            arrival->words = UMP_WORDS(header);
            copy_words(arrival->w, slot, arrival->words);
            ump_end_release(end, slot, control);
            return arrival->w[0] & RPC_FLAG_BYTES ? RPC_UMP_GARBAGE : RPC_UMP_MESSAGE;
        } else {
            good = UMP_IS_FIRST(header) && take_first(in, slot, header, first, bytes_max);
            in->is_open = good;
        }
        ump_end_release(end, slot, control);
        if (!good) {
            return RPC_UMP_GARBAGE;
        }
        if (UMP_IS_LAST(header)) {
            complete(in, arrival);
            return RPC_UMP_MESSAGE;
        }
    }
    return RPC_UMP_NOTHING;
}

struct lmp_message rpc_ump_words(const struct rpc_ump_arrival *arrival)
{
    const uint64_t *w = arrival->w;
    return (struct lmp_message){
        .err = SYS_ERR_OK,
        .header = (uint64_t)arrival->words << (32 + LMP_COUNT_SHIFT),
        .w0 = w[0],
        .w1 = w[1],
        .w2 = w[2],
        .w3 = w[3],
        .w4 = w[4],
        .w5 = w[5],
        .w6 = w[6],
        .w7 = w[7],
    };
}

unsigned rpc_ump_head(const struct rpc_wire *wire, uint64_t *head, uint16_t *tag)
{
    const unsigned caps = wire->cargo ? wire->cargo->token_count : 0;
    for (unsigned i = 0; i < wire->words; i++) {
        head[i] = wire->w[i];
    }
    for (unsigned i = 0; i < caps; i++) {
        head[wire->words + i] = wire->cargo->tokens[i];
    }
    *tag = (uint16_t)(wire->words | caps << RPC_UMP_CAPS_SHIFT);
    return wire->words + caps;
}

size_t rpc_ump_slots(const struct rpc_wire *wire)
{
    const struct rpc_cargo *cargo = wire->cargo;
    const unsigned head = wire->words + (cargo ? cargo->token_count : 0);
    const size_t bytes = cargo ? cargo->stream : 0;
    return (head + UMP_SLOT_WORDS - 1) / UMP_SLOT_WORDS + (bytes + UMP_SLOT_BYTES - 1) / UMP_SLOT_BYTES;
}

bool rpc_ump_put_head(struct rpc_ump *ump, const uint64_t *head, unsigned words, uint16_t tag, bool has_bytes,
                      unsigned *sent)
{
    while (*sent < words) {
        const unsigned left = words - *sent, now = left < UMP_SLOT_WORDS ? left : UMP_SLOT_WORDS;
        uint64_t w[UMP_SLOT_WORDS] = {0};
        memcpy(w, head + *sent, now * sizeof(w[0]));
        uint32_t header = *sent ? UMP_HEADER(now, 0) | UMP_NOT_FIRST : UMP_HEADER(now, tag);
        header |= left > now || has_bytes ? UMP_NOT_LAST : 0;
        if (!rpc_ump_try_slot(ump, header, w)) {
            return false;
        }
        *sent += now;
    }
    return true;
}
