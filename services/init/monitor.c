#include "monitor.h"

#include "attendance.h"
#include "binding.h"
#include "channels.h"
#include "core_console.h"
#include "cores.h"
#include "exports.h"
#include "parking.h"
#include "recall.h"
#include "remote_binding.h"
#include "services.h"
#include "system_names.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <interfaces/monitor_server.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INIT_NUMBER 1 ///< Of the processes of a core, the first.

void monitor_init(void)
{
    channels_init();
    remote_binding_init();
    exports_init();
    recall_init();
    parking_init();
    system_names_init();
    attendance_init();
}

/// A domain, as long as it holds its channel to init: the state of its session.
struct domain {
    char name[MONITOR_NAME_BYTES];
    uint64_t quota;
    unsigned rights;
    bool is_adopted;          ///< It was started by another one.
    struct channel_end *ends; ///< Of channels in shared memory.
};

static domainid_t last_number = INIT_NUMBER;

domainid_t monitor_new_pid(void)
{
    return (domainid_t)disp_get_core_id() << PID_CORE_SHIFT | ++last_number;
}

static struct domain *domain_of(const struct rpc_session *session)
{
    return session->state;
}

static errval_t bind(struct rpc_session *session, const char *service, uint32_t hash, struct capref reply,
                     struct capref *endpoint)
{
    (void)endpoint;
    struct rpc_call *call = rpc_defer(session);
    struct binding *binding = call ? malloc(sizeof(*binding)) : NULL;
    if (!binding) {
        cap_discard(reply);
        if (call) {
            monitor_bind_answer(call, LIB_ERR_MALLOC_FAIL, NULL_CAP);
        }
        return call ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
    }
    *binding = (struct binding){
        .call = call,
        .hash = hash,
        .reply = reply,
        .pid = session->pid,
        .quota = domain_of(session)->quota,
    };
    strncpy(binding->service, service, sizeof(binding->service) - 1);
    binding_begin(binding);
    return RPC_LATER;
}

static errval_t bind_ump(struct rpc_session *session, uint32_t core, const char *service, uint32_t hash,
                         uint32_t bytes, uint32_t *channel, uint32_t *side, uint32_t *peer_core,
                         struct capref *frame, struct capref *wake)
{
    (void)channel;
    (void)side;
    (void)peer_core;
    (void)frame;
    (void)wake;
    struct domain *domain = domain_of(session);
    const struct remote_wish wish = {
        .core = core,
        .service = service,
        .hash = hash,
        .bytes = bytes,
        .quota = domain->quota,
        .rights = domain->is_adopted ? 0 : MONITOR_RIGHT_TRUSTED,
        .ends = &domain->ends,
    };
    return remote_bind(session, &wish);
}

static errval_t leave_channel(struct rpc_session *session, uint32_t channel)
{
    struct channel_end *end = channel_of(session, channel);
    if (end) {
        channel_leave(end);
    }
    return SYS_ERR_OK;
}

static errval_t send_cap(struct rpc_session *session, uint32_t channel, struct capref cap, uint64_t *token)
{
    struct channel_end *end = channel_of(session, channel);
    if (!end) {
        cap_discard(cap);
        return MON_ERR_CHANNEL;
    }
    return export_send(end, cap, domain_of(session)->rights & MONITOR_MAY_RESERVE, token);
}

static errval_t take_cap(struct rpc_session *session, uint32_t channel, uint64_t token, struct capref *cap)
{
    struct channel_end *end = channel_of(session, channel);
    return end ? export_take(end, token, cap) : MON_ERR_CHANNEL;
}

static errval_t recall_map(struct rpc_session *session, struct capref *frame)
{
    return domain_of(session)->rights & MONITOR_MAY_RESERVE ? recall_grant_map(frame) : RPC_ERR_NOT_ALLOWED;
}

static void answer_recall(void *call)
{
    monitor_recall_answer(call, SYS_ERR_OK);
}

static errval_t recall_for(struct rpc_session *session, uint64_t base, uint64_t bytes)
{
    if (!(domain_of(session)->rights & MONITOR_MAY_RESERVE)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    struct rpc_call *call = rpc_defer(session);
    if (!call) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = recall(base, bytes, answer_recall, call);
    if (err_is_fail(err)) {
        monitor_recall_answer(call, err);
    }
    return RPC_LATER;
}

static errval_t cores(struct rpc_session *session, uint64_t *running)
{
    (void)session;
    *running = cores_running();
    return SYS_ERR_OK;
}

/// True if the name is another domain's: such names tell who offers them.
static bool is_of_another(const char *name, domainid_t pid)
{
    char own[MONITOR_NAME_BYTES];
    snprintf(own, sizeof(own), "@%u.", (unsigned)pid);
    return name[0] == '@' && strncmp(name, own, strlen(own)) != 0;
}

static errval_t serve(struct rpc_session *session, const char *name, uint32_t hash, struct capref control)
{
    errval_t err = SYS_ERR_OK;
    const bool is_system = services_has(name);
    if (strlen(name) >= MONITOR_NAME_BYTES || name[0] == 0) {
        err = SYS_ERR_INVALID_ARGUMENT;
    } else if ((is_system && !(domain_of(session)->rights & MONITOR_MAY_RESERVE))
               || is_of_another(name, session->pid)) {
        err = RPC_ERR_NOT_ALLOWED;
    } else {
        err = offer_add(name, hash, session, control);
    }
    if (err_is_ok(err) && is_system) {
        system_names_note(name, session->pid);
    }
    if (err_is_fail(err)) {
        cap_discard(control);
    }
    return err;
}

static errval_t connected(struct rpc_session *session, uint64_t request, struct capref endpoint)
{
    struct channel_end *end = binding_end(session, request, SYS_ERR_OK, endpoint);
    if (end) {
        channel_belongs(end, session, &domain_of(session)->ends);
    }
    return SYS_ERR_OK;
}

static errval_t connected_ump(struct rpc_session *session, uint64_t request)
{
    return connected(session, request, NULL_CAP);
}

static errval_t refused(struct rpc_session *session, uint64_t request, errval_t error)
{
    binding_end(session, request, err_is_fail(error) ? error : RPC_ERR_CONNECT, NULL_CAP);
    return SYS_ERR_OK;
}

static errval_t adopt(struct rpc_session *session, const char *name, uint64_t quota, uint32_t *pid,
                      struct capref *endpoint)
{
    if (!(domain_of(session)->rights & MONITOR_MAY_ADOPT)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    domainid_t fresh = monitor_new_pid();
    errval_t err = monitor_admit(name, fresh, quota, MONITOR_ADOPTED, endpoint);
    *pid = fresh;
    return err;
}

static errval_t park(struct rpc_session *session, uint32_t core)
{
    return domain_of(session)->is_adopted ? RPC_ERR_NOT_ALLOWED : parking_park(session, core);
}

static errval_t resume(struct rpc_session *session, uint32_t core)
{
    return domain_of(session)->is_adopted ? RPC_ERR_NOT_ALLOWED : parking_resume(session, core);
}

static errval_t core_state(struct rpc_session *session, uint32_t core, uint32_t *state)
{
    (void)session;
    return core_status(cap_core, core, state);
}

static errval_t announce(struct rpc_session *session, uint32_t dispatcher, const char *name, uint32_t pid)
{
    if (!(domain_of(session)->rights & MONITOR_MAY_ADOPT)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    core_announce(dispatcher, name, pid);
    return SYS_ERR_OK;
}

static errval_t number(struct rpc_session *session, uint64_t value)
{
    printf("%s (%u): %lu\n", domain_of(session)->name, (unsigned)session->pid, (unsigned long)value);
    return SYS_ERR_OK;
}

static errval_t text(struct rpc_session *session, const char *line)
{
    printf("%s (%u): %s\n", domain_of(session)->name, (unsigned)session->pid, line);
    return SYS_ERR_OK;
}

static errval_t services(struct rpc_session *session, struct rpc_bytes *list)
{
    (void)session;
    return offer_list(list);
}

static errval_t watch_offers(struct rpc_session *session, struct capref endpoint)
{
    if (domain_of(session)->rights & MONITOR_MAY_RESERVE) {
        system_names_watch(session, endpoint);
    } else {
        cap_discard(endpoint);
    }
    return SYS_ERR_OK;
}

static errval_t offers_noted(struct rpc_session *session)
{
    system_names_taken(session);
    return SYS_ERR_OK;
}

static errval_t attend_names(struct rpc_session *session, struct capref endpoint)
{
    errval_t err = attendance_add(session, endpoint);
    if (err_is_fail(err)) {
        cap_discard(endpoint);
    }
    return err;
}

static void closed(struct rpc_session *session)
{
    attendance_of_gone(session);
    system_names_gone(session);
    offers_of_gone(session);
    channels_of_gone(&domain_of(session)->ends);
    free(session->state);
    session->state = NULL;
}

static const struct monitor_operations operations = {
    .bind = bind,
    .bind_ump = bind_ump,
    .serve = serve,
    .connected = connected,
    .connected_ump = connected_ump,
    .refused = refused,
    .leave_channel = leave_channel,
    .send_cap = send_cap,
    .take_cap = take_cap,
    .recall_map = recall_map,
    .recall = recall_for,
    .cores = cores,
    .adopt = adopt,
    .park = park,
    .resume = resume,
    .core_state = core_state,
    .announce = announce,
    .number = number,
    .text = text,
    .services = services,
    .watch_offers = watch_offers,
    .offers_noted = offers_noted,
    .attend_names = attend_names,
};

static const struct rpc_service monitor = {
    .skeleton = &monitor_skeleton,
    .operations = &operations,
    .closed = closed,
};

errval_t monitor_admit(const char *name, domainid_t pid, uint64_t quota, unsigned rights,
                       struct capref *endpoint)
{
    struct rpc_session *session;
    struct domain *domain = calloc(1, sizeof(*domain));
    if (!domain) {
        return LIB_ERR_MALLOC_FAIL;
    }
    strncpy(domain->name, name, sizeof(domain->name) - 1);
    domain->quota = quota;
    domain->rights = rights;
    domain->is_adopted = rights & MONITOR_ADOPTED;
    errval_t err = rpc_session_create(&monitor, pid, 0, NULL_CAP, &session, endpoint);
    if (err_is_fail(err)) {
        free(domain);
        return err;
    }
    session->state = domain;
    return SYS_ERR_OK;
}
