#include "intermon.h"

#include "cores.h"

#include <aos/aos.h>
#include <aos/ump.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_NUMBERS  0x7f0 ///< Of channels between monitors, for the trace: far from those of domains.
#define CORES_AT_MOST 64    ///< Bits of a set of cores.
#define TAKEN_AT_ONCE 16    ///< Messages of one core, before others have their turn.

struct queued {
    struct intermon_message message;
    struct queued *next;
};

/// Another core's monitor, or with the own core's number this one.
struct peer {
    struct ump_chan chan;
    bool is_open;
    bool runs;
    bool waits_for_room;
    struct queued *first, **last;     ///< That found no room.
    struct intermon_message incoming; ///< Its first slot has come.
    bool is_half;
};

static struct {
    intermon_handler_t handlers[INTERMON_KINDS];
    void (*on_hello)(coreid_t core);
    struct peer *peers[CORES_AT_MOST];
    unsigned cores;
    bool is_handling_own;
} intermon;

void intermon_handle(enum intermon_kind kind, intermon_handler_t handler)
{
    intermon.handlers[kind] = handler;
}

void intermon_on_hello(void (*function)(coreid_t core))
{
    intermon.on_hello = function;
}

size_t intermon_bytes(unsigned cores)
{
    return cores * (cores - 1) / 2 * INTERMON_PAIR_BYTES;
}

/// Where the channel of a pair lies: those of core 0 first, then the rest of those of core 1, and so on.
static size_t pair_offset(unsigned cores, unsigned low, unsigned high)
{
    return (low * (2 * cores - low - 1) / 2 + (high - low - 1)) * INTERMON_PAIR_BYTES;
}

static struct peer *make_peer(coreid_t core)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    if (peer) {
        peer->last = &peer->first;
        intermon.peers[core] = peer;
    }
    return peer;
}

static void handle(coreid_t from, const struct intermon_message *message)
{
    if (message->kind < INTERMON_KINDS && intermon.handlers[message->kind]) {
        intermon.handlers[message->kind](from, message);
    }
}

static bool append(struct peer *peer, const struct intermon_message *message)
{
    struct queued *queued = malloc(sizeof(*queued));
    if (!queued) {
        return false;
    }
    queued->message = *message;
    queued->next = NULL;
    *peer->last = queued;
    peer->last = &queued->next;
    return true;
}

static void remove_first(struct peer *peer)
{
    struct queued *queued = peer->first;
    peer->first = queued->next;
    if (!peer->first) {
        peer->last = &peer->first;
    }
    free(queued);
}

/* To itself. */

/// One after the other: what a handler sends to itself is handled when it has returned.
static void handle_own(struct peer *self)
{
    if (intermon.is_handling_own) {
        return;
    }
    intermon.is_handling_own = true;
    while (self->first) {
        const struct intermon_message message = self->first->message;
        remove_first(self);
        handle(disp_get_core_id(), &message);
    }
    intermon.is_handling_own = false;
}

static errval_t send_to_self(const struct intermon_message *message)
{
    const coreid_t core = disp_get_core_id();
    struct peer *self = intermon.peers[core] ? intermon.peers[core] : make_peer(core);
    if (!self || !append(self, message)) {
        return LIB_ERR_MALLOC_FAIL;
    }
    handle_own(self);
    return SYS_ERR_OK;
}

/* To another core. */

/// A message is one slot, or two if it has a name. \return false if there is no room
static bool try_send(struct peer *peer, const struct intermon_message *message)
{
    const bool has_name = message->name[0] != 0;
    const uint64_t *w = message->word;
    const uint32_t header = UMP_HEADER(UMP_SLOT_WORDS, message->kind);
    if (ump_chan_room(&peer->chan) < 1U + has_name) {
        return false;
    }
    ump_chan_try_send(&peer->chan, has_name ? header | UMP_NOT_LAST : header, w[0], w[1], w[2], w[3], w[4],
                      w[5], w[6]);
    if (has_name) {
        uint64_t n[UMP_SLOT_WORDS] = {0};
        memcpy(n, message->name, sizeof(message->name));
        ump_chan_try_send(&peer->chan, header | UMP_NOT_FIRST, n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    }
    return true;
}

static void wait_for_room(struct peer *peer);

static void send_queued(void *argument)
{
    struct peer *peer = argument;
    peer->waits_for_room = false;
    while (peer->first && try_send(peer, &peer->first->message)) {
        remove_first(peer);
    }
    if (peer->first) {
        wait_for_room(peer);
    }
}

static void wait_for_room(struct peer *peer)
{
    if (peer->waits_for_room) {
        return;
    }
    errval_t err = ump_chan_register_send(&peer->chan, get_default_waitset(), MKCLOSURE(send_queued, peer));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "waiting for room for a monitor's messages");
    }
    peer->waits_for_room = true;
}

static errval_t send_to(struct peer *peer, const struct intermon_message *message)
{
    if (!peer->first && try_send(peer, message)) {
        return SYS_ERR_OK;
    }
    if (!append(peer, message)) {
        return LIB_ERR_MALLOC_FAIL;
    }
    wait_for_room(peer);
    return SYS_ERR_OK;
}

errval_t intermon_send(coreid_t core, const struct intermon_message *message)
{
    if (core == disp_get_core_id()) {
        return send_to_self(message);
    }
    struct peer *peer = core < CORES_AT_MOST ? intermon.peers[core] : NULL;
    return peer && peer->runs ? send_to(peer, message) : MON_ERR_NO_CORE;
}

/* From another core. */

static coreid_t core_of(const struct peer *peer)
{
    coreid_t core = 0;
    while (intermon.peers[core] != peer) {
        core++;
    }
    return core;
}

static void note_hello(struct peer *peer)
{
    peer->runs = true;
    if (intermon.on_hello) {
        intermon.on_hello(core_of(peer));
    }
}

static void take_slot(struct peer *peer, const struct ump_message *slot)
{
    struct intermon_message *message = &peer->incoming;
    if (UMP_IS_FIRST(slot->header)) {
        *message = (struct intermon_message){.kind = UMP_TAG(slot->header)};
        memcpy(message->word, slot->w, sizeof(message->word));
    } else {
        memcpy(message->name, slot->w, sizeof(message->name));
        message->name[sizeof(message->name) - 1] = 0;
    }
    if (!UMP_IS_LAST(slot->header)) {
        return;
    }
    if (message->kind == INTERMON_HELLO) {
        note_hello(peer);
        return;
    }
    const struct intermon_message whole = *message;
    handle(core_of(peer), &whole);
}

static void receive(void *argument)
{
    struct peer *peer = argument;
    struct ump_message slot;
    for (unsigned i = 0; i < TAKEN_AT_ONCE && ump_chan_try_recv(&peer->chan, &slot); i++) {
        take_slot(peer, &slot);
    }
    errval_t err = ump_chan_register_recv(&peer->chan, get_default_waitset(), MKCLOSURE(receive, peer));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "listening to a monitor");
    }
}

/* Opening. */

static errval_t open_peer(char *memory, coreid_t core, struct capref wake)
{
    const coreid_t own = disp_get_core_id();
    const unsigned low = core < own ? core : own, high = core < own ? own : core;
    struct peer *peer = make_peer(core);
    if (!peer) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err =
        ump_chan_init(&peer->chan, memory + pair_offset(intermon.cores, low, high), INTERMON_PAIR_BYTES,
                      own == high, wake, ump_chan_number(low << 24 | (PAIR_NUMBERS + high) << 1));
    if (err_is_ok(err)) {
        err = ump_chan_register_recv(&peer->chan, get_default_waitset(), MKCLOSURE(receive, peer));
    }
    peer->is_open = err_is_ok(err);
    peer->runs = core == HOME_CORE; // who started this one
    return err;
}

errval_t intermon_open(void *memory, unsigned cores, struct capref wake)
{
    errval_t err = SYS_ERR_OK;
    intermon.cores = cores;
    for (unsigned core = 0; core < cores && err_is_ok(err); core++) {
        if (core != disp_get_core_id()) {
            err = open_peer(memory, (coreid_t)core, wake);
        }
    }
    return err;
}

void intermon_say_hello(void)
{
    const struct intermon_message hello = {.kind = INTERMON_HELLO};
    for (unsigned core = 0; core < intermon.cores; core++) {
        if (core != disp_get_core_id() && send_to(intermon.peers[core], &hello) != SYS_ERR_OK) {
            USER_PANIC("no memory for saying hello");
        }
    }
}

uint64_t intermon_running(void)
{
    uint64_t running = 1UL << disp_get_core_id();
    for (unsigned core = 0; core < intermon.cores; core++) {
        running |= (uint64_t)(intermon.peers[core] && intermon.peers[core]->runs) << core;
    }
    return running;
}

void intermon_stopped(coreid_t core)
{
    if (core < intermon.cores && intermon.peers[core]) {
        intermon.peers[core]->runs = false;
    }
}
