#include "exports.h"

#include "imports.h"
#include "intermon.h"

#include <aos/aos.h>
#include <interfaces/monitor_server.h>
#include <stdlib.h>

#define TOKENS_MAX 48 ///< Capabilities that wait for one end to take them, and that one end is sending.

/// A capability that waits to be taken, or is on its way.
struct token {
    uint64_t number;
    struct capref cap;
    struct rpc_call *call; ///< On its way: the sender's.
    struct token *next;
};

static uint64_t last_number;

/// \return NULL if there are as many as may be, or no memory
static struct token *add(struct token **list, uint64_t number, struct capref cap)
{
    unsigned count = 0;
    for (const struct token *token = *list; token; token = token->next) {
        count++;
    }
    struct token *token = count < TOKENS_MAX ? malloc(sizeof(*token)) : NULL;
    if (token) {
        *token = (struct token){.number = number, .cap = cap, .next = *list};
        *list = token;
    }
    return token;
}

/// \return NULL if there is none of this number
static struct token *take_out(struct token **list, uint64_t number)
{
    struct token **link = list;
    while (*link && (*link)->number != number) {
        link = &(*link)->next;
    }
    struct token *token = *link;
    if (token) {
        *link = token->next;
    }
    return token;
}

/// Both ends are on this core.
static errval_t send_here(struct channel_end *end, struct capref cap, uint64_t *ret)
{
    struct channel_end *other = channel_find(channel_other(end->number));
    if (!other || end->is_peer_gone) {
        return RPC_ERR_PEER_GONE;
    }
    struct token *token = add(&other->tokens, last_number + 1, cap);
    if (!token) {
        return MON_ERR_TOKENS;
    }
    *ret = token->number = ++last_number;
    return SYS_ERR_OK;
}

static errval_t send_away(struct channel_end *end, struct capref cap, bool may_move_ram)
{
    struct capability_info info;
    errval_t err = export_prepare(cap, end->peer_core, may_move_ram, &info);
    if (err_is_fail(err)) {
        return err;
    }
    struct token *token = add(&end->sending, last_number + 1, cap);
    if (!token) {
        return MON_ERR_TOKENS;
    }
    const struct intermon_message message = {
        .kind = INTERMON_CAP,
        .words = 6,
        .word = {channel_other(end->number), ++last_number, info.type, info.rights, info.base, info.bytes},
    };
    token->call = rpc_defer(end->session);
    err = token->call ? intermon_send(end->peer_core, &message) : LIB_ERR_MALLOC_FAIL;
    if (err_is_ok(err)) {
        return RPC_LATER;
    }
    take_out(&end->sending, token->number);
    if (token->call) {
        cap_discard(cap);
        monitor_send_cap_answer(token->call, err, 0);
        err = RPC_LATER;
    }
    free(token);
    return err;
}

errval_t export_send(struct channel_end *end, struct capref cap, bool may_move_ram, uint64_t *ret)
{
    errval_t err = RPC_ERR_PEER_GONE;
    if (!end->is_peer_gone) {
        err = end->peer_core == disp_get_core_id() ? send_here(end, cap, ret)
                                                   : send_away(end, cap, may_move_ram);
    }
    if (err_is_fail(err) && err != RPC_LATER) {
        cap_discard(cap);
    }
    return err;
}

errval_t export_take(struct channel_end *end, uint64_t number, struct capref *ret)
{
    struct token *token = take_out(&end->tokens, number);
    if (!token) {
        return MON_ERR_TOKENS;
    }
    *ret = token->cap;
    free(token);
    return SYS_ERR_OK;
}

static void fail_sending(struct channel_end *end)
{
    while (end->sending) {
        struct token *token = end->sending;
        end->sending = token->next;
        cap_discard(token->cap);
        monitor_send_cap_answer(token->call, RPC_ERR_PEER_GONE, 0);
        free(token);
    }
}

void exports_peer_gone(struct channel_end *end)
{
    fail_sending(end);
}

void exports_drop(struct channel_end *end)
{
    fail_sending(end);
    while (end->tokens) {
        struct token *token = end->tokens;
        end->tokens = token->next;
        cap_discard(token->cap);
        free(token);
    }
}

/// Another core's domain sends one to a domain of this one.
static errval_t accept(coreid_t from, const uint64_t *word)
{
    struct channel_end *end = channel_find((uint32_t)word[0]);
    struct capref cap;
    if (!end || end->peer_core != from || end->is_gone) {
        return RPC_ERR_PEER_GONE;
    }
    errval_t err = import_cap((enum objtype)word[2], (unsigned)word[3], word[4], word[5], &cap);
    if (err_is_fail(err)) {
        return err;
    }
    if (!add(&end->tokens, word[1], cap)) {
        cap_discard(cap);
        return MON_ERR_TOKENS;
    }
    return SYS_ERR_OK;
}

static void handle_cap(coreid_t from, const struct intermon_message *message)
{
    const struct intermon_message answer = {
        .kind = INTERMON_CAPPED,
        .words = 3,
        .word = {channel_other((uint32_t)message->word[0]), message->word[1], accept(from, message->word)},
    };
    intermon_send(from, &answer);
}

/// The sender has it no more: it was RAM, or its own copy of a frame stays elsewhere.
static void handle_capped(coreid_t from, const struct intermon_message *message)
{
    struct channel_end *end = channel_find((uint32_t)message->word[0]);
    struct token *token = end && end->peer_core == from ? take_out(&end->sending, message->word[1]) : NULL;
    if (token) {
        cap_discard(token->cap);
        monitor_send_cap_answer(token->call, message->word[2], token->number);
        free(token);
    }
}

void exports_init(void)
{
    intermon_handle(INTERMON_CAP, handle_cap);
    intermon_handle(INTERMON_CAPPED, handle_capped);
}
