#include "remote_binding.h"

#include "binding.h"
#include "cores.h"
#include "intermon.h"
#include "services.h"

#include <aos/aos.h>
#include <interfaces/monitor_server.h>
#include <stdlib.h>
#include <string.h>

/// Words of INTERMON_BIND, which also has the service's name.
enum {
    BIND_CHANNEL_AND_HASH,
    BIND_PID_AND_RIGHTS,
    BIND_QUOTA,
    BIND_BASE,
    BIND_BYTES,
    BIND_WORDS
};

static coreid_t choose_core(const struct remote_wish *wish)
{
    if (wish->core != MONITOR_ANY_CORE) {
        return (coreid_t)wish->core;
    }
    return monitor_offers(wish->service) || services_has(wish->service) ? disp_get_core_id() : HOME_CORE;
}

static errval_t ask(const struct channel_end *end, domainid_t pid, const struct remote_wish *wish)
{
    struct capability_info info;
    errval_t err = cap_identify(end->frame, &info);
    if (err_is_fail(err)) {
        return err;
    }
    struct intermon_message message = {
        .kind = INTERMON_BIND,
        .words = BIND_WORDS,
        .word =
            {
                [BIND_CHANNEL_AND_HASH] = end->number | (uint64_t)wish->hash << 32,
                [BIND_PID_AND_RIGHTS] = pid | (uint64_t)wish->rights << 32,
                [BIND_QUOTA] = wish->quota,
                [BIND_BASE] = info.base,
                [BIND_BYTES] = end->bytes,
            },
    };
    strncpy(message.name, wish->service, sizeof(message.name) - 1);
    return intermon_send(end->peer_core, &message);
}

errval_t remote_bind(struct rpc_session *session, const struct remote_wish *wish)
{
    const size_t bytes = wish->bytes ? wish->bytes : CHANNEL_BYTES_USUAL;
    const coreid_t core = choose_core(wish);
    struct channel_end *end;
    if (wish->core != MONITOR_ANY_CORE && wish->core > UINT8_MAX) {
        return MON_ERR_NO_CORE;
    }
    if (!cores_runs(core)) {
        return MON_ERR_NO_CORE;
    }
    if (bytes % BASE_PAGE_SIZE || bytes > CHANNEL_BYTES_MAX) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    errval_t err = channel_create(core, bytes, &end);
    if (err_is_fail(err)) {
        return err;
    }
    end->call = rpc_defer(session);
    if (!end->call) {
        end->is_gone = true;
        channel_peer_gone(end);
        return LIB_ERR_MALLOC_FAIL;
    }
    channel_belongs(end, session, wish->ends);
    const uint32_t number = end->number;
    err = ask(end, session->pid, wish);
    if (err_is_fail(err)) {
        end = channel_find(number);
        monitor_bind_ump_answer(end->call, err, 0, 0, 0, NULL_CAP, NULL_CAP);
        end->call = NULL;
        end->is_peer_gone = true;
        channel_leave(end);
    }
    return RPC_LATER;
}

/// A client of another core, or of this one, wants a service of this one.
static errval_t begin(coreid_t from, const struct intermon_message *message)
{
    const uint64_t *word = message->word;
    struct channel_end *end;
    struct binding *binding = calloc(1, sizeof(*binding));
    if (!binding) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = channel_import(channel_other((uint32_t)word[BIND_CHANNEL_AND_HASH]), from, word[BIND_BASE],
                                  word[BIND_BYTES], &end);
    if (err_is_fail(err)) {
        free(binding);
        return err;
    }
    binding->end = end->number;
    binding->hash = (uint32_t)(word[BIND_CHANNEL_AND_HASH] >> 32);
    binding->pid = (domainid_t)word[BIND_PID_AND_RIGHTS];
    binding->rights = (unsigned)(word[BIND_PID_AND_RIGHTS] >> 32);
    binding->quota = word[BIND_QUOTA];
    memcpy(binding->service, message->name, sizeof(binding->service) - 1);
    binding_begin(binding);
    return SYS_ERR_OK;
}

static void tell_client(coreid_t core, uint32_t channel, errval_t err)
{
    const struct intermon_message message = {
        .kind = INTERMON_BOUND,
        .words = 2,
        .word = {channel, err},
    };
    intermon_send(core, &message);
}

static void handle_bind(coreid_t from, const struct intermon_message *message)
{
    errval_t err = begin(from, message);
    if (err_is_fail(err)) {
        tell_client(from, (uint32_t)message->word[BIND_CHANNEL_AND_HASH], err);
    }
}

void remote_binding_answer(struct channel_end *end, errval_t err)
{
    const uint32_t client = channel_other(end->number);
    const coreid_t core = end->peer_core;
    if (err_is_fail(err)) {
        channel_drop(end);
    }
    tell_client(core, client, err);
}

/// The client gets its end.
static void give(struct channel_end *end)
{
    struct rpc_call *call = end->call;
    struct capref frame, wake;
    errval_t err = channel_grant(end, &frame, &wake);
    end->call = NULL;
    if (err_is_fail(err)) {
        monitor_bind_ump_answer(call, err, 0, 0, 0, NULL_CAP, NULL_CAP);
        channel_leave(end);
        return;
    }
    monitor_bind_ump_answer(call, SYS_ERR_OK, end->number, channel_side(end->number), end->peer_core, frame,
                            wake);
}

static void handle_bound(coreid_t from, const struct intermon_message *message)
{
    struct channel_end *end = channel_find((uint32_t)message->word[0]);
    const errval_t err = message->word[1];
    if (!end || end->peer_core != from) {
        return;
    }
    if (err_is_ok(err)) {
        if (end->call) {
            give(end);
        }
        return;
    }
    if (end->call) {
        struct rpc_call *call = end->call;
        end->call = NULL;
        monitor_bind_ump_answer(call, err, 0, 0, 0, NULL_CAP, NULL_CAP);
    }
    end->is_peer_gone = true;
    if (end->is_gone) {
        channel_peer_gone(end);
    } else {
        channel_leave(end);
    }
}

void remote_binding_init(void)
{
    intermon_handle(INTERMON_BIND, handle_bind);
    intermon_handle(INTERMON_BOUND, handle_bound);
}
