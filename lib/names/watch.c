#include <aos/names.h>
#include <interfaces/name_events_server.h>
#include <names/client.h>
#include <names/watch.h>
#include <rpc/serving.h>
#include <stdlib.h>

static errval_t tell(const struct rpc_session *session, enum names_event event, const char *name)
{
    const struct names_watch *watch = session->state;
    if (watch) {
        watch->told(watch->context, event, name);
    }
    return SYS_ERR_OK;
}

static errval_t came(struct rpc_session *session, const char *name)
{
    return tell(session, NAMES_CAME, name);
}

static errval_t went(struct rpc_session *session, const char *name)
{
    return tell(session, NAMES_WENT, name);
}

static void closed(struct rpc_session *session)
{
    struct names_watch *watch = session->state;
    session->state = NULL;
    if (watch) {
        watch->told(watch->context, NAMES_WATCH_ENDED, NULL);
        free(watch);
    }
}

static const struct name_events_operations operations = {.came = came, .went = went};
static const struct rpc_service service = {
    .skeleton = &name_events_skeleton,
    .operations = &operations,
    .closed = closed,
};

/// With the baton: nothing that is told is handled before the watch is complete.
static errval_t begin(struct names_watch *watch, const char *prefix, const char *filter)
{
    struct names_call call = {0};
    while (names_call(&call)) {
        struct capref endpoint;
        call.err = rpc_session_create(&service, 0, 0, NULL_CAP, &watch->session, &endpoint);
        if (err_is_fail(call.err)) {
            continue;
        }
        call.err = names_observe(call.client, prefix, filter, endpoint);
        if (err_is_fail(call.err)) {
            rpc_session_cut(watch->session);
        } else {
            watch->session->state = watch;
        }
    }
    return call.err;
}

errval_t names_watch(const char *prefix, const char *filter,
                     void (*told)(void *context, enum names_event event, const char *name), void *context,
                     struct names_watch **ret)
{
    struct names_watch *watch = malloc(sizeof(*watch));
    if (!watch) {
        return LIB_ERR_MALLOC_FAIL;
    }
    *watch = (struct names_watch){.told = told, .context = context};
    serving_take();
    prefix = prefix ? prefix : "";
    filter = filter ? filter : "";
    errval_t err = begin(watch, prefix, filter);
    if (err_no(err) == MON_ERR_CAP_TYPE) { // endpoints do not leave their core
        err = names_follow_with(watch, prefix, filter);
    }
    if (err_is_fail(err)) {
        free(watch);
    } else if (ret) {
        *ret = watch;
    }
    serving_leave();
    return err;
}

void names_unwatch(struct names_watch *watch)
{
    serving_take();
    if (watch->session) {
        rpc_session_cut(watch->session);
    } else {
        names_follow_end(watch);
    }
    serving_leave();
}
