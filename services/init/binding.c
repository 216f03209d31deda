#include "binding.h"

#include "channels.h"
#include "cores.h"
#include "remote_binding.h"
#include "services.h"
#include "system_names.h"

#include <aos/aos.h>
#include <interfaces/control.h>
#include <interfaces/monitor_server.h>
#include <stdlib.h>
#include <string.h>

/// Clients that a service is asked to take at a time: its ring holds as many.
#define UNDER_WAY 4

struct offer {
    char name[MONITOR_NAME_BYTES];
    uint32_t hash;
    const struct rpc_service *local; ///< A service of init's own, or NULL.
    struct rpc_session *by;
    struct rpc_client control; ///< To the domain that offers it; one way.
    unsigned under_way;
    struct offer *next;
};

static struct {
    struct offer *offers;
    struct binding *first, *last; ///< In the order in which they came.
    uint64_t last_number;
} bindings;

static struct offer *find(const char *name)
{
    struct offer *offer = bindings.offers;
    while (offer && strcmp(offer->name, name) != 0) {
        offer = offer->next;
    }
    return offer;
}

bool monitor_offers(const char *name)
{
    return find(name) != NULL;
}

static void append(struct binding *binding)
{
    binding->next = NULL;
    if (bindings.first) {
        bindings.last->next = binding;
    } else {
        bindings.first = binding;
    }
    bindings.last = binding;
}

static void take_out(struct binding *binding)
{
    struct binding *before = NULL;
    for (struct binding *at = bindings.first; at != binding; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = binding->next;
    } else {
        bindings.first = binding->next;
    }
    if (bindings.last == binding) {
        bindings.last = before;
    }
}

/// Tells the client. The binding is in no list, and is freed.
static void answer(struct binding *binding, errval_t err, struct capref endpoint)
{
    if (binding->end) {
        remote_binding_answer(channel_find(binding->end), err);
        free(binding);
        return;
    }
    if (!binding->sent_to && !capref_is_null(binding->reply)) {
        cap_discard(binding->reply);
    }
    monitor_bind_answer(binding->call, err, endpoint);
    free(binding);
}

/// Does the client still want it?
static bool is_wanted(const struct binding *binding)
{
    return binding->end ? !channel_find(binding->end)->is_peer_gone : rpc_call_session(binding->call) != NULL;
}

/// Asks the service. \return RPC_ERR_BUSY if it has no room
static errval_t ask(const struct binding *binding, struct offer *offer)
{
    if (!binding->end) {
        return control_connect(&offer->control, binding->number, binding->pid, binding->quota,
                               binding->reply);
    }
    const struct channel_end *end = channel_find(binding->end);
    struct capref frame, wake;
    errval_t err = channel_grant(end, &frame, &wake);
    if (err_is_fail(err)) {
        return err;
    }
    err = control_connect_ump(&offer->control, binding->number, binding->pid, binding->quota, binding->rights,
                              end->number, channel_side(end->number), end->peer_core, frame, wake);
    if (err_is_fail(err)) {
        cap_discard(frame);
        cap_discard(wake);
    }
    return err;
}

static void bind_to_init(struct binding *binding, const struct offer *offer)
{
    struct capref linked = NULL_CAP;
    if (binding->end) {
        answer(binding, RPC_ERR_CONNECT, NULL_CAP); // init's own are for its own core
        return;
    }
    errval_t err =
        rpc_session_create(offer->local, binding->pid, binding->quota, binding->reply, NULL, &linked);
    if (err_is_ok(err)) {
        binding->reply = NULL_CAP; // it is the session's
    }
    answer(binding, err, linked);
}

/// What a client hears if there is no such service here.
static errval_t not_here(const struct binding *binding)
{
    return !binding->end && disp_get_core_id() != HOME_CORE ? MON_ERR_REMOTE : RPC_ERR_NO_SERVICE;
}

/// Goes on with a binding that was not sent yet. \return false if it has to wait; true: it is gone, or was
/// sent
static bool go_on(struct binding *binding)
{
    struct offer *offer = find(binding->service);
    if (!offer && services_has(binding->service)) {
        return false;
    }
    if (!offer || offer->hash != binding->hash || !is_wanted(binding)) {
        take_out(binding);
        answer(binding, offer ? RPC_ERR_INTERFACE : not_here(binding), NULL_CAP);
        return true;
    }
    if (offer->local) {
        take_out(binding);
        bind_to_init(binding, offer);
        return true;
    }
    if (offer->under_way == UNDER_WAY) {
        return false;
    }
    errval_t err = ask(binding, offer);
    if (err == RPC_ERR_BUSY) {
        return false; // it is tried again when the service has answered another one
    }
    if (err_is_fail(err)) {
        take_out(binding);
        answer(binding, err, NULL_CAP);
        return true;
    }
    binding->sent_to = offer;
    offer->under_way++;
    return true;
}

/// Goes on with all that wait for a service.
static void go_on_with(const char *service)
{
    struct binding *next;
    for (struct binding *binding = bindings.first; binding; binding = next) {
        next = binding->next;
        if (!binding->sent_to && strcmp(binding->service, service) == 0 && !go_on(binding)) {
            return;
        }
    }
}

void binding_begin(struct binding *binding)
{
    binding->number = ++bindings.last_number;
    append(binding);
    go_on(binding);
}

struct channel_end *binding_end(struct rpc_session *by, uint64_t number, errval_t err, struct capref endpoint)
{
    struct binding *binding = bindings.first;
    while (binding && !(binding->number == number && binding->sent_to && binding->sent_to->by == by)) {
        binding = binding->next;
    }
    if (!binding) {
        if (!capref_is_null(endpoint)) {
            cap_discard(endpoint);
        }
        return NULL;
    }
    struct offer *offer = binding->sent_to;
    struct channel_end *end = binding->end && err_is_ok(err) ? channel_find(binding->end) : NULL;
    if (binding->end && !capref_is_null(endpoint)) {
        cap_discard(endpoint); // nobody asked for it
    } else if (!binding->end && err_is_ok(err) && capref_is_null(endpoint)) {
        err = RPC_ERR_CONNECT;
    }
    offer->under_way--;
    take_out(binding);
    answer(binding, err, endpoint);
    go_on_with(offer->name);
    return end;
}

static errval_t add(const char *name, uint32_t hash, struct offer **ret)
{
    if (find(name)) {
        return RPC_ERR_NAME_TAKEN;
    }
    struct offer *offer = calloc(1, sizeof(*offer));
    if (!offer) {
        return LIB_ERR_MALLOC_FAIL;
    }
    strncpy(offer->name, name, sizeof(offer->name) - 1);
    offer->hash = hash;
    offer->next = bindings.offers;
    bindings.offers = offer;
    *ret = offer;
    return SYS_ERR_OK;
}

errval_t offer_add(const char *name, uint32_t hash, struct rpc_session *by, struct capref control)
{
    struct offer *offer;
    errval_t err = add(name, hash, &offer);
    if (err_is_fail(err)) {
        return err;
    }
    offer->by = by;
    rpc_client_send_only(&offer->control, control);
    services_note_offer(name);
    go_on_with(name);
    return SYS_ERR_OK;
}

void monitor_offer(const char *name, const struct rpc_service *service)
{
    struct offer *offer;
    if (err_is_ok(add(name, service->skeleton->interface->hash, &offer))) {
        offer->local = service;
    }
}

static void remove_offer(struct offer *offer)
{
    struct offer **link = &bindings.offers;
    while (*link != offer) {
        link = &(*link)->next;
    }
    *link = offer->next;
    struct binding *next;
    for (struct binding *binding = bindings.first; binding; binding = next) {
        next = binding->next;
        if (binding->sent_to == offer) {
            take_out(binding);
            answer(binding, RPC_ERR_PEER_GONE, NULL_CAP);
        }
    }
    cap_discard(offer->control.chan.remote_cap);
    system_names_note(offer->name, 0);
    go_on_with(offer->name); // they wait, or hear that there is none
    free(offer);
}

void offers_of_gone(struct rpc_session *by)
{
    struct offer *next;
    for (struct offer *offer = bindings.offers; offer; offer = next) {
        next = offer->next;
        if (offer->by == by) {
            remove_offer(offer);
        }
    }
}

void monitor_give_up(const char *name)
{
    go_on_with(name);
}

errval_t offer_list(struct rpc_bytes *list)
{
    size_t bytes = 1;
    for (const struct offer *offer = bindings.offers; offer; offer = offer->next) {
        bytes += strlen(offer->name) + 1;
    }
    char *text = malloc(bytes), *at = text;
    if (!text) {
        return LIB_ERR_MALLOC_FAIL;
    }
    for (const struct offer *offer = bindings.offers; offer; offer = offer->next) {
        size_t length = strlen(offer->name);
        memcpy(at, offer->name, length);
        at[length] = '\n';
        at += length + 1;
    }
    *at = 0;
    *list = (struct rpc_bytes){text, bytes, true};
    return SYS_ERR_OK;
}
