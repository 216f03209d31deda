/**
 * Capabilities of messages over UMP, and the opening and closing of channels: what goes by the monitor.
 */
#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/slot_alloc.h>
#include <interfaces/monitor.h>
#include <rpc/ump_link.h>
#include <stdlib.h>

#define TRIES 1000 ///< To send to the monitor, which reads its messages before it does anything else.

/// The monitor waits for nobody who serves, and asks nothing of us: the baton may be kept, and a deadline is
/// not looked at, while it is called.
static struct rpc_thread ask_begin(void)
{
    struct rpc_thread before = rpc_thread;
    rpc_thread.is_server = false;
    rpc_thread.has_deadline = false;
    return before;
}

static void ask_end(const struct rpc_thread *before)
{
    rpc_thread.is_server = before->is_server;
    rpc_thread.has_deadline = before->has_deadline;
}

/// A capability that can be given away: itself, or a copy if it is to stay.
static errval_t make_giveable(struct rpc_message *message, unsigned i, struct capref *cap)
{
    *cap = message->caps[i];
    if (message->give & 1U << i) {
        return SYS_ERR_OK;
    }
    errval_t err = slot_alloc(cap);
    if (err_is_ok(err)) {
        err = cap_copy(*cap, message->caps[i]);
        if (err_is_fail(err)) {
            slot_free(*cap);
        }
    }
    return err;
}

errval_t rpc_ump_send_caps(struct rpc_ump *ump, struct rpc_message *message, struct rpc_cargo *cargo)
{
    struct rpc_client *monitor;
    if (message->cap_count == 0) {
        return SYS_ERR_OK;
    }
    const struct rpc_thread before = ask_begin();
    const uint32_t number = ump->number;
    errval_t err = rpc_init_channel(&monitor);
    for (unsigned i = 0; i < message->cap_count && err_is_ok(err); i++) {
        struct capref cap;
        err = make_giveable(message, i, &cap);
        if (err_is_ok(err)) {
            message->give &= (uint8_t) ~(1U << i);
            err = monitor_send_cap(monitor, number, cap, &cargo->tokens[i]);
        }
        cargo->token_count += err_is_ok(err);
    }
    ask_end(&before);
    return err;
}

errval_t rpc_ump_take_caps(struct rpc_ump *ump, const uint64_t *tokens, unsigned count, struct capref *caps)
{
    struct rpc_client *monitor;
    unsigned taken = 0;
    if (count == 0) {
        return SYS_ERR_OK;
    }
    const struct rpc_thread before = ask_begin();
    const uint32_t number = ump->number;
    errval_t err = rpc_init_channel(&monitor), first = err;
    for (unsigned i = 0; i < count && !err_is_fail(err); i++) {
        errval_t failed = monitor_take_cap(monitor, number, tokens[i], &caps[taken]);
        taken += err_is_ok(failed);
        first = err_is_ok(first) ? failed : first;
    }
    for (unsigned i = 0; i < taken && err_is_fail(first); i++) {
        cap_discard(caps[i]);
    }
    ask_end(&before);
    return first;
}

void rpc_ump_discard(struct rpc_ump *ump, struct rpc_ump_arrival *arrival)
{
    struct capref caps[RPC_MAX_CAPS];
    if (err_is_ok(rpc_ump_take_caps(ump, arrival->tokens, arrival->token_count, caps))) {
        for (unsigned i = 0; i < arrival->token_count; i++) {
            cap_discard(caps[i]);
        }
    }
    arrival->token_count = 0;
    free(arrival->data);
    arrival->data = NULL;
}

/// Tells the monitor that an end is not used any more. It takes its messages one by one: if its ring for us
/// is full it runs, and we try again.
static void leave(uint32_t channel)
{
    struct rpc_client *monitor;
    errval_t err = rpc_init_channel(&monitor);
    for (unsigned i = 0; i < TRIES && err_is_ok(err); i++) {
        if (monitor_leave_channel(monitor, channel) != RPC_ERR_BUSY) {
            break;
        }
        thread_yield();
    }
}

static void give_up(const struct rpc_ump_binding *binding)
{
    cap_discard(binding->frame);
    cap_discard(binding->wake);
    leave(binding->channel);
}

errval_t rpc_ump_open(const struct rpc_ump_binding *binding, struct rpc_ump **ret)
{
    struct capability_info info;
    struct rpc_ump *ump = calloc(1, sizeof(*ump));
    errval_t err = ump ? cap_identify(binding->frame, &info) : LIB_ERR_MALLOC_FAIL;
    if (err_is_ok(err)) {
        ump->is_local = binding->peer_core == disp_get_core_id();
        ump->number = binding->channel;
        ump->frame = binding->frame;
        ump->wake = binding->wake;
        err = paging_map_frame_attr(get_current_paging_state(), &ump->memory, info.bytes, ump->frame,
                                    VREGION_FLAGS_READ_WRITE);
    }
    if (err_is_ok(err)) {
        err = ump_chan_init(&ump->chan, ump->memory, info.bytes, binding->side, ump->wake,
                            ump_chan_number(binding->channel));
        if (err_is_fail(err)) {
            paging_unmap(get_current_paging_state(), ump->memory);
        }
    }
    if (err_is_fail(err)) {
        free(ump);
        give_up(binding);
        return err;
    }
    *ret = ump;
    return SYS_ERR_OK;
}

void rpc_ump_close(struct rpc_ump *ump)
{
    if (!ump) {
        return;
    }
    ump_chan_close(&ump->chan);
    free(ump->in.arrival.data);
    paging_unmap(get_current_paging_state(), ump->memory);
    cap_discard(ump->frame);
    cap_discard(ump->wake);
    leave(ump->number);
    free(ump);
}
