#include "channels.h"

#include "cores.h"
#include "exports.h"
#include "imports.h"
#include "intermon.h"
#include "shared_memory.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/ump.h>
#include <interfaces/monitor_server.h>
#include <stdlib.h>

#define BUCKETS     256
#define NUMBER_MASK 0xffffffU

static struct {
    struct channel_end *by_number[BUCKETS];
    uint32_t last_number;
} channels;

/// The chain that an end with a number is in.
static struct channel_end **chain_of(uint32_t number)
{
    return &channels.by_number[(number ^ number >> 24) % BUCKETS];
}

struct channel_end *channel_find(uint32_t number)
{
    struct channel_end *end = *chain_of(number);
    while (end && end->number != number) {
        end = end->next;
    }
    return end;
}

struct channel_end *channel_of(const struct rpc_session *session, uint32_t number)
{
    struct channel_end *end = channel_find(number);
    return end && end->session == session ? end : NULL;
}

static uint32_t new_number(void)
{
    do {
        channels.last_number = (channels.last_number + 2) & NUMBER_MASK;
    } while (channel_find(disp_get_core_id() << 24 | channels.last_number));
    return (uint32_t)disp_get_core_id() << 24 | channels.last_number;
}

static struct channel_end *make_end(uint32_t number, coreid_t peer_core, size_t bytes)
{
    struct channel_end *end = calloc(1, sizeof(*end));
    if (end) {
        end->number = number;
        end->peer_core = peer_core;
        end->bytes = bytes;
        struct channel_end **chain = chain_of(number);
        end->next = *chain;
        *chain = end;
    }
    return end;
}

static void take_from_domain(struct channel_end *end)
{
    end->session = NULL;
    if (end->from_same) {
        *end->from_same = end->next_same;
        if (end->next_same) {
            end->next_same->from_same = end->from_same;
        }
        end->from_same = NULL;
    }
}

static void forget(struct channel_end *end)
{
    struct channel_end **link = chain_of(end->number);
    while (*link != end) {
        link = &(*link)->next;
    }
    *link = end->next;
    take_from_domain(end);
    exports_drop(end);
    free(end);
}

errval_t channel_create(coreid_t service_core, size_t bytes, struct channel_end **ret)
{
    struct channel_end *end = make_end(new_number(), service_core, bytes);
    if (!end) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = shared_memory_make(bytes, &end->frame, &end->memory);
    if (err_is_fail(err)) {
        forget(end);
        return err;
    }
    *ret = end;
    return SYS_ERR_OK;
}

errval_t channel_import(uint32_t number, coreid_t client_core, genpaddr_t base, size_t bytes,
                        struct channel_end **ret)
{
    struct channel_end *end = make_end(number, client_core, bytes);
    if (!end) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = SYS_ERR_OK;
    if (client_core != disp_get_core_id()) {
        err = import_frame(base, bytes, &end->frame);
    }
    if (err_is_fail(err)) {
        forget(end);
        return err;
    }
    *ret = end;
    return SYS_ERR_OK;
}

void channel_belongs(struct channel_end *end, struct rpc_session *session, struct channel_end **list)
{
    end->session = session;
    end->next_same = *list;
    end->from_same = list;
    if (end->next_same) {
        end->next_same->from_same = &end->next_same;
    }
    *list = end;
}

errval_t channel_grant(const struct channel_end *end, struct capref *frame, struct capref *wake)
{
    struct capref own = end->frame;
    if (capref_is_null(own)) {
        own = channel_find(channel_other(end->number))->frame;
    }
    errval_t err = slot_alloc(frame);
    if (err_is_fail(err)) {
        return err;
    }
    err = cap_grant(*frame, own);
    if (err_is_fail(err)) {
        slot_free(*frame);
        return err;
    }
    err = cores_grant_wake(end->peer_core, wake);
    if (err_is_fail(err)) {
        cap_discard(*frame);
    }
    return err;
}

/// Takes the memory back: nobody else has it any more.
static void free_memory(struct channel_end *end)
{
    if (end->memory) {
        paging_unmap(get_current_paging_state(), end->memory);
    }
    errval_t err = cap_revoke(end->frame);
    if (err_is_ok(err)) {
        err = ram_free(end->frame);
    }
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "taking back the memory of channel %x", (unsigned)end->number);
    }
}

/// Marks a half of the memory as closed by who writes it, and wakes the other side.
static void close_half(const struct channel_end *owner, unsigned side)
{
    coreid_t core;
    unsigned group;
    ump_half_close(owner->memory, owner->bytes, side);
    if (ump_half_waker(owner->memory, owner->bytes, 1 - side, &core, &group)) {
        core_wake(cap_core, core, group); // a core that does not run needs no waking
    }
}

/// Frees an end if it is of no use any more. The client's stays until nobody has the memory.
static void free_if_over(struct channel_end *end)
{
    if (!end->is_gone) {
        return;
    }
    if (channel_side(end->number) == 0) {
        if (!end->is_peer_gone) {
            return;
        }
        free_memory(end);
    }
    forget(end);
}

/// The service's core has no capability of the memory any more.
static void drop_import(struct channel_end *end)
{
    if (channel_side(end->number) == 1 && !capref_is_null(end->frame)) {
        import_drop(end->frame);
        end->frame = NULL_CAP;
    }
}

void channel_leave(struct channel_end *end)
{
    const struct intermon_message gone = {
        .kind = INTERMON_GONE,
        .words = 1,
        .word = {channel_other(end->number)},
    };
    const coreid_t peer_core = end->peer_core;
    const bool is_peer_gone = end->is_peer_gone;
    if (end->call) { // its client is gone
        monitor_bind_ump_answer(end->call, RPC_ERR_PEER_GONE, 0, 0, 0, NULL_CAP, NULL_CAP);
        end->call = NULL;
    }
    take_from_domain(end);
    end->is_gone = true;
    if (channel_side(end->number) == 0) {
        close_half(end, 0);
    }
    drop_import(end);
    const bool tell = channel_side(end->number) == 1 || !is_peer_gone;
    free_if_over(end);
    if (tell) {
        intermon_send(peer_core, &gone);
    }
}

void channel_peer_gone(struct channel_end *end)
{
    end->is_peer_gone = true;
    if (channel_side(end->number) == 0) {
        close_half(end, 1);
    }
    exports_peer_gone(end);
    free_if_over(end);
}

void channel_drop(struct channel_end *end)
{
    take_from_domain(end);
    drop_import(end);
    forget(end);
}

void channels_of_gone(struct channel_end **list)
{
    while (*list) {
        channel_leave(*list);
    }
}

static void handle_gone(coreid_t from, const struct intermon_message *message)
{
    struct channel_end *end = channel_find((uint32_t)message->word[0]);
    if (end && end->peer_core == from) {
        channel_peer_gone(end);
    }
}

void channels_init(void)
{
    intermon_handle(INTERMON_GONE, handle_gone);
}
