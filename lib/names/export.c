/**
 * The names of this domain's services.
 *
 * The name server keeps an endpoint of ours. When that is gone, the name server has ended or has cut us off,
 * and has forgotten our names: a thread enters them again.
 */
#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/names.h>
#include <aos/threads.h>
#include <interfaces/monitor.h>
#include <interfaces/name_events_server.h>
#include <names/client.h>
#include <names/exports.h>
#include <rpc/serving.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A service that the monitor knows, as "@pid.instance".
struct instance {
    const struct rpc_service *service;
    uint32_t number;
    struct instance *next;
};

struct export
{
    char name[NAMES_NAME_BYTES];
    char properties[NAMES_PROPERTY_BYTES];
    uint32_t instance;
    void *context;
    bool is_to_be_entered; ///< Again: the name server has forgotten it.
    struct export *next;
};

static struct {
    struct thread_mutex mutex; ///< For all of this; not held during calls.
    struct instance *instances;
    uint32_t last_instance;
    struct export *exports;
    bool is_attended; ///< The monitor has the endpoint, or is going to.
    bool is_entering; ///< A thread enters names again.
} ours;

static struct export **find(const char *name)
{
    struct export **link = &ours.exports;
    while (*link && strcmp((*link)->name, name) != 0) {
        link = &(*link)->next;
    }
    return link;
}

/* Entering again. */

static int enter_again(void *unused);

/// The endpoint that the monitor had is gone. With the baton.
static void forgotten(struct rpc_session *session)
{
    (void)session;
    thread_mutex_lock(&ours.mutex);
    ours.is_attended = false;
    for (struct export *export = ours.exports; export; export = export->next) {
        export->is_to_be_entered = true;
    }
    if (ours.exports && !ours.is_entering) {
        ours.is_entering = err_is_ok(thread_create(enter_again, NULL, NULL));
    }
    thread_mutex_unlock(&ours.mutex);
}

static const struct name_events_operations no_operations;
static const struct rpc_service attendance = {
    .skeleton = &name_events_skeleton,
    .operations = &no_operations,
    .closed = forgotten,
};

/// \param endpoint goes, whatever is returned
static errval_t give(struct capref endpoint)
{
    struct rpc_client *monitor;
    errval_t err = rpc_init_channel(&monitor);
    if (err_is_fail(err)) {
        cap_discard(endpoint);
        return err;
    }
    return monitor_attend_names(monitor, endpoint);
}

/// Sees to it that we hear when the name server forgets our names. Before it is told any, so that none is
/// missed.
static errval_t attend(void)
{
    thread_mutex_lock(&ours.mutex);
    const bool is_attended = ours.is_attended;
    ours.is_attended = true;
    thread_mutex_unlock(&ours.mutex);
    if (is_attended) {
        return SYS_ERR_OK;
    }
    struct capref endpoint;
    serving_take();
    errval_t err = rpc_session_create(&attendance, 0, 0, NULL_CAP, NULL, &endpoint);
    serving_leave();
    if (err_is_fail(err)) {
        thread_mutex_lock(&ours.mutex);
        ours.is_attended = false;
        thread_mutex_unlock(&ours.mutex);
        return err;
    }
    // The endpoint goes with this call, whatever becomes of it: if it fails the session closes, and so we
    // hear of it.
    return give(endpoint);
}

static errval_t enter(const char *name, const char *properties, uint32_t instance)
{
    errval_t err;
    unsigned tries = 0;
    do {
        err = attend();
        if (err_is_ok(err)) {
            struct names_call call = {0};
            while (names_call(&call)) {
                call.err = names_enter(call.client, name, properties, instance);
            }
            err = call.err;
        }
    } while (err_no(err) == RPC_ERR_PEER_GONE && ++tries < NAMES_TRIES);
    return err;
}

static errval_t take_out(const char *name)
{
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_leave(call.client, name);
    }
    return call.err;
}

/// Enters the first name that is to be. \return false if there is none
static bool enter_one_again(void)
{
    struct export copy = {0};
    thread_mutex_lock(&ours.mutex);
    for (struct export *export = ours.exports; export && !copy.name[0]; export = export->next) {
        if (export->is_to_be_entered) {
            export->is_to_be_entered = false;
            copy = *export;
        }
    }
    ours.is_entering = copy.name[0] != 0;
    thread_mutex_unlock(&ours.mutex);
    if (!copy.name[0]) {
        return false;
    }
    errval_t err = enter(copy.name, copy.properties, copy.instance);
    thread_mutex_lock(&ours.mutex);
    const bool is_withdrawn = *find(copy.name) == NULL;
    thread_mutex_unlock(&ours.mutex);
    if (err_is_ok(err) && is_withdrawn) {
        take_out(copy.name);
    }
    return true;
}

static int enter_again(void *unused)
{
    (void)unused;
    while (enter_one_again()) {
    }
    return 0;
}

/* Exporting. */

/// Offers a service to the monitor, once. \param number set to its instance
static errval_t offer(const struct rpc_service *service, uint32_t *number)
{
    thread_mutex_lock(&ours.mutex);
    struct instance *instance = ours.instances;
    while (instance && instance->service != service) {
        instance = instance->next;
    }
    *number = instance ? instance->number : ++ours.last_instance;
    thread_mutex_unlock(&ours.mutex);
    if (instance) {
        return SYS_ERR_OK;
    }
    char name[NAMES_SERVICE_BYTES];
    snprintf(name, sizeof(name), "@%u.%u", (unsigned)disp_get_domain_id(), (unsigned)*number);
    instance = malloc(sizeof(*instance));
    if (!instance) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = rpc_export(name, service);
    if (err_is_fail(err)) {
        free(instance);
        return err;
    }
    thread_mutex_lock(&ours.mutex);
    *instance = (struct instance){service, *number, ours.instances};
    ours.instances = instance;
    thread_mutex_unlock(&ours.mutex);
    return SYS_ERR_OK;
}

/// \return NAMES_ERR_TAKEN if we have it already
static errval_t add(struct export *export)
{
    thread_mutex_lock(&ours.mutex);
    struct export **link = find(export->name);
    errval_t err = *link ? NAMES_ERR_TAKEN : SYS_ERR_OK;
    if (!*link) {
        *link = export;
    }
    thread_mutex_unlock(&ours.mutex);
    return err;
}

/// \return false if we have none of this name
static bool remove_export(const char *name)
{
    thread_mutex_lock(&ours.mutex);
    struct export **link = find(name), *export = *link;
    if (export) {
        *link = export->next;
    }
    thread_mutex_unlock(&ours.mutex);
    free(export);
    return export != NULL;
}

errval_t names_export_with(const char *name, const char *properties, const struct rpc_service *service,
                           void *context)
{
    properties = properties ? properties : "";
    if (strlen(name) >= NAMES_NAME_BYTES || !name[0]) {
        return NAMES_ERR_NAME;
    }
    if (strlen(properties) >= NAMES_PROPERTY_BYTES) {
        return NAMES_ERR_PROPERTIES;
    }
    struct export *export = calloc(1, sizeof(*export));
    if (!export) {
        return LIB_ERR_MALLOC_FAIL;
    }
    strcpy(export->name, name);
    strcpy(export->properties, properties);
    export->context = context;
    errval_t err = rpc_serve_always();
    if (err_is_ok(err)) {
        err = offer(service, &export->instance);
    }
    if (err_is_ok(err)) {
        err = add(export);
    }
    if (err_is_fail(err)) {
        free(export);
        return err;
    }
    err = enter(name, properties, export->instance);
    if (err_is_fail(err)) {
        remove_export(name);
    }
    return err;
}

errval_t names_export(const char *name, const char *properties, const struct rpc_service *service)
{
    return names_export_with(name, properties, service, NULL);
}

errval_t names_withdraw(const char *name)
{
    return remove_export(name) ? take_out(name) : NAMES_ERR_NO_NAME;
}

void *names_export_context(const char *name)
{
    thread_mutex_lock(&ours.mutex);
    const struct export *export = *find(name);
    void *context = export ? export->context : NULL;
    thread_mutex_unlock(&ours.mutex);
    return context;
}
