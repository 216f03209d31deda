/**
 * Bytes through a channel, straight from the sender's memory into slots and from slots into the receiver's.
 */
#include <aos/ump.h>
#include <string.h>

size_t ump_chan_put(struct ump_chan *chan, uint32_t flags, const void *data, size_t bytes)
{
    struct ump_end *end = &chan->end;
    const char *from = data;
    size_t left = bytes;
    if (left > 0 && UMP_IS_FIRST(flags) && ump_end_can_send(end)) {
        trace_ump_send(ump_chan_flow(chan, chan->side, end->tx_messages++), chan->number);
        if (left > UMP_SLOT_BYTES) {
            ump_end_publish_whole(end, flags | UMP_NOT_LAST, from, 1);
            from += UMP_SLOT_BYTES;
            left -= UMP_SLOT_BYTES;
            flags |= UMP_NOT_FIRST;
        }
    }
    if (left > UMP_SLOT_BYTES) {
        const size_t slots =
            ump_end_publish_whole(end, flags | UMP_NOT_LAST, from, (left - 1) / UMP_SLOT_BYTES);
        from += slots * UMP_SLOT_BYTES;
        left -= slots * UMP_SLOT_BYTES;
    }
    if (left > 0 && left <= UMP_SLOT_BYTES && ump_end_can_send(end)) {
        memcpy(end->tx_slot->words, from, left);
        ump_end_publish(end, flags | UMP_MISSING((left + 7) / 8));
        left = 0;
    }
    ump_end_wake_sleeper(end);
    return bytes - left;
}

size_t ump_chan_get(struct ump_chan *chan, void *data, size_t bytes)
{
    struct ump_end *end = &chan->end;
    const struct ump_slot *slot = end->rx_slot;
    uint64_t control = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);
    if (bytes > 0 && ump_end_is_filled(end, control) && UMP_IS_FIRST(control >> 32)) {
        trace_ump_receive(ump_chan_flow(chan, 1U - chan->side, end->rx_messages++), ump_chan_peer_core(chan),
                          chan->number);
    }
    const size_t done = ump_end_recv_whole(end, data, bytes / UMP_SLOT_BYTES) * UMP_SLOT_BYTES;
    const size_t left = bytes - done;
    if (left == 0 || left >= UMP_SLOT_BYTES) {
        return done;
    }
    slot = end->rx_slot;
    control = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);
    if (!ump_end_is_filled(end, control)) {
        return done;
    }
    memcpy((char *)data + done, slot->words, left);
    ump_end_release(end, slot, control);
    return bytes;
}

errval_t ump_chan_send_bytes(struct ump_chan *chan, uint32_t flags, const void *data, size_t bytes)
{
    const char *from = data;
    for (;;) {
        const size_t done = ump_chan_put(chan, flags, from, bytes);
        if (done == bytes) {
            return SYS_ERR_OK;
        }
        if (done > 0) {
            flags |= UMP_NOT_FIRST;
        }
        from += done;
        bytes -= done;
        errval_t err = ump_chan_wait_send(chan);
        if (err_is_fail(err)) {
            return err;
        }
    }
}

errval_t ump_chan_recv_bytes(struct ump_chan *chan, void *data, size_t bytes)
{
    char *to = data;
    for (;;) {
        const size_t done = ump_chan_get(chan, to, bytes);
        if (done == bytes) {
            return SYS_ERR_OK;
        }
        to += done;
        bytes -= done;
        errval_t err = ump_chan_wait_recv(chan);
        if (err_is_fail(err)) {
            return err;
        }
    }
}
