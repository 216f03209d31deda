/**
 * All sessions over UMP of this domain, for the thread that takes messages, which has the baton.
 *
 * They stand in an array, for each look goes through all of them. A client is asked to wake us when we are
 * going to sleep, and stays asked until something has come from it: so a sleep costs one look at each
 * channel, and more only for those that were busy since the last one.
 */
#include <aos/dispatch.h>
#include <rpc/registers.h>
#include <rpc/serving.h>
#include <rpc/ump_serve.h>
#include <stdlib.h>
#include <ump/wait.h>

#define SLOTS_AT_ONCE      64  ///< Of a long message; then others have a turn.
#define SWEEPS_BEFORE_ENDS 128 ///< After so many looks at all channels it is seen who has closed.

unsigned rpc_ump_session_count;

static struct {
    struct rpc_ump **all; ///< rpc_ump_session_count of them.
    unsigned room;
    unsigned cursor; ///< Whose turn it is.
    unsigned remote; ///< Those whose client is on another core.
    unsigned sweeps;
} served;

static bool make_room(void)
{
    if (rpc_ump_session_count == served.room) {
        const unsigned room = served.room ? 2 * served.room : 8;
        struct rpc_ump **all = realloc(served.all, room * sizeof(struct rpc_ump *));
        if (!all) {
            return false;
        }
        served.all = all;
        served.room = room;
    }
    return true;
}

errval_t rpc_ump_serve(struct rpc_session *session)
{
    struct rpc_ump *ump = session->ump;
    if (!make_room()) {
        return LIB_ERR_MALLOC_FAIL;
    }
    ump->session = session;
    ump->place = rpc_ump_session_count;
    served.all[rpc_ump_session_count++] = ump;
    served.remote += !ump->is_local;
    return SYS_ERR_OK;
}

void rpc_ump_end(struct rpc_session *session)
{
    struct rpc_ump *ump = session->ump;
    session->ump = NULL;
    if (ump->session) {
        struct rpc_ump *last = served.all[--rpc_ump_session_count];
        served.all[ump->place] = last;
        last->place = ump->place;
        served.remote -= !ump->is_local;
    }
    rpc_ump_forget_replies(ump);
    rpc_ump_close(ump);
}

/// A message that is more than a plain call of numbers.
static void handle_general(struct rpc_session *session, struct rpc_ump_arrival *came)
{
    const struct lmp_message m = rpc_ump_words(came);
    struct rpc_arrival arrival;
    errval_t err = rpc_ump_take_caps(session->ump, came->tokens, came->token_count, arrival.caps);
    if (err_is_fail(err)) {
        free(came->data);
        rpc_session_cut(session);
        return;
    }
    arrival.m = &m;
    arrival.header = m.w0;
    arrival.cap_count = came->token_count;
    arrival.data = came->data;
    arrival.err = came->err;
    session_handle_arrival(session, &arrival);
}

static void handle_plain(struct rpc_session *session, const struct rpc_method *method, struct lmp_message *m)
{
    const unsigned words = rpc_handle_registers(session, method, m->w0, m);
    if (words) {
        rpc_ump_reply_words(session, words, m);
    }
    if (rpc_handling.session == session) { // or it is gone
        session_handled(session);
    }
}

static void handle(struct rpc_session *session, struct rpc_ump_arrival *arrival)
{
    if (arrival->is_void) {
        rpc_ump_discard(session->ump, arrival);
        return;
    }
    struct lmp_message m = rpc_ump_words(arrival);
    const struct rpc_method *method = rpc_find_registers(session, &m);
    if (method && arrival->token_count == 0 && !arrival->data) {
        handle_plain(session, method, &m);
    } else {
        handle_general(session, arrival);
    }
}

/// Takes a message of one slot. \return false if the next thing is something else
static inline bool take_slot(struct rpc_ump *ump, struct lmp_message *m)
{
    struct ump_end *end = &ump->chan.end;
    const struct ump_slot *slot = end->rx_slot;
    const uint64_t control = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);
    const uint32_t header = (uint32_t)(control >> 32) & ~UMP_EPOCH;
    if (header > UMP_SLOT_WORDS || ump->in.is_open || !ump_end_is_filled(end, control)) {
        return false; // it has a tag or flags
    }
    trace_ump_receive(ump_chan_flow(&ump->chan, 1U - ump->chan.side, end->rx_messages++),
                      ump_chan_peer_core(&ump->chan), ump->chan.number);
    *m = (struct lmp_message){
        .header = (uint64_t)UMP_WORDS(header) << (32 + LMP_COUNT_SHIFT),
        .w0 = slot->words[0],
        .w1 = slot->words[1],
        .w2 = slot->words[2],
        .w3 = slot->words[3],
        .w4 = slot->words[4],
        .w5 = slot->words[5],
        .w6 = slot->words[6],
    };
    ump_end_release(end, slot, control);
    return true;
}

static void take_one(struct rpc_ump *ump)
{
    struct rpc_session *session = ump->session;
    struct rpc_ump_arrival arrival;
    struct lmp_message m;
    if (ump->is_armed) {
        ump->is_armed = false;
        ump_chan_awake(&ump->chan);
    }
    if (__builtin_expect(take_slot(ump, &m), 1)) {
        const struct rpc_method *method = rpc_find_registers(session, &m);
        if (__builtin_expect(method != NULL, 1)) {
            handle_plain(session, method, &m);
        } else if (lmp_header_words(m.header) == 0 || m.w0 & RPC_FLAG_BYTES) {
            rpc_session_cut(session);
        } else {
            struct rpc_arrival plain = {.m = &m, .header = m.w0};
            session_handle_arrival(session, &plain);
        }
        return;
    }
    switch (rpc_ump_take(ump, RPC_FIRST_REQUEST, session_call_limit(session), SLOTS_AT_ONCE, &arrival)) {
    case RPC_UMP_MESSAGE:
        handle(session, &arrival);
        break;
    case RPC_UMP_GARBAGE:
        rpc_session_cut(session);
        break;
    case RPC_UMP_NOTHING:
        break;
    }
}

static bool flush_replies(void)
{
    bool any = false;
    for (unsigned i = 0; rpc_ump_replies_waiting && i < rpc_ump_session_count; i++) {
        if (served.all[i]->first && ump_end_can_send(&served.all[i]->chan.end)) {
            rpc_ump_flush(served.all[i]);
            any = true;
        }
    }
    return any;
}

static void look_for_ends(void)
{
    for (unsigned i = rpc_ump_session_count; i-- > 0;) {
        if (i < rpc_ump_session_count && ump_chan_is_over(&served.all[i]->chan)) {
            rpc_session_cut(served.all[i]->session);
        }
    }
}

bool rpc_ump_sweep(const volatile bool *done)
{
    bool any = rpc_ump_replies_waiting && flush_replies();
    if (++served.sweeps % SWEEPS_BEFORE_ENDS == 0) {
        look_for_ends();
    }
    for (unsigned left = rpc_ump_session_count; left > 0 && rpc_ump_session_count > 0; left--) {
        if (served.cursor >= rpc_ump_session_count) {
            served.cursor = 0;
        }
        struct rpc_ump *ump = served.all[served.cursor++];
        if (ump_chan_can_recv(&ump->chan)) {
            any = true;
            take_one(ump);
            if (!rpc_thread.takes || (done && *done)) {
                break;
            }
        }
    }
    return any;
}

bool rpc_ump_all_local(void)
{
    return served.remote == 0;
}

bool rpc_ump_sleep(void)
{
    for (unsigned i = 0; i < rpc_ump_session_count; i++) {
        struct rpc_ump *ump = served.all[i];
        const unsigned what = UMP_NEWS_MESSAGE | (ump->first ? UMP_NEWS_ROOM : 0);
        const bool is_news =
            ump->is_armed ? ump_end_has_news(&ump->chan.end, what) : !ump_chan_sleep(&ump->chan, what);
        ump->is_armed = true;
        if (is_news) {
            look_for_ends();
            return false;
        }
    }
    return true;
}
