#include <aos/capabilities.h>
#include <interfaces/message_server.h>
#include <names/exports.h>
#include <names/handlers.h>
#include <rpc/serving.h>
#include <stdlib.h>
#include <string.h>

struct handler {
    nameservice_receive_handler_t *receive;
    void *st;
    unsigned users; ///< Sessions, and 1 for the name.
    bool has_name;
};

/// The state of a session.
struct caller {
    struct handler *handler; ///< NULL until it is opened.
    struct capref kept[MESSAGE_KEPT_CAPS];
    uint32_t last; ///< The number of the capability that was kept last.
};

struct handler *handler_create(nameservice_receive_handler_t *receive, void *st)
{
    struct handler *handler = malloc(sizeof(*handler));
    if (handler) {
        *handler = (struct handler){.receive = receive, .st = st, .users = 1, .has_name = true};
    }
    return handler;
}

static void leave(struct handler *handler)
{
    if (--handler->users == 0) {
        free(handler);
    }
}

void handler_remove(struct handler *handler)
{
    serving_take();
    handler->has_name = false;
    leave(handler);
    serving_leave();
}

static errval_t open(struct rpc_session *session, const char *name)
{
    struct caller *caller = session->state;
    struct handler *handler = names_export_context(name);
    if (!handler) {
        return NAMES_ERR_NO_NAME;
    }
    if (caller->handler) {
        return RPC_ERR_NOT_ALLOWED;
    }
    caller->handler = handler;
    handler->users++;
    return SYS_ERR_OK;
}

/// Keeps what a response comes with, in the place of the oldest. \return its number
static uint32_t keep(struct caller *caller, struct capref cap)
{
    if (capref_is_null(cap)) {
        return 0;
    }
    caller->last += caller->last == UINT32_MAX ? 2 : 1; // 0 is none
    caller->kept[caller->last % MESSAGE_KEPT_CAPS] = cap;
    return caller->last;
}

static errval_t exchange_cap(struct rpc_session *session, const void *message, size_t message_bytes,
                             struct capref given, struct rpc_bytes *response, uint32_t *cap)
{
    struct caller *caller = session->state;
    struct handler *handler = caller->handler;
    if (!handler || !handler->has_name) {
        if (!capref_is_null(given)) {
            cap_discard(given);
        }
        return NAMES_ERR_NO_NAME;
    }
    void *data = NULL;
    size_t bytes = 0;
    struct capref sent = NULL_CAP;
    // Handlers of the documents may write to their message, and call others, whose sessions may end
    // meanwhile.
    void *copy = message_bytes ? malloc(message_bytes) : NULL;
    if (message_bytes && !copy) {
        if (!capref_is_null(given)) {
            cap_discard(given);
        }
        return LIB_ERR_MALLOC_FAIL;
    }
    if (copy) {
        memcpy(copy, message, message_bytes);
    }
    handler->users++;
    handler->receive(handler->st, copy, message_bytes, &data, &bytes, given, &sent);
    leave(handler);
    free(copy);
    *response = (struct rpc_bytes){.data = data, .bytes = bytes, .owned = true};
    if (!session->is_cut) {
        *cap = keep(caller, sent); // or there is no caller any more
    }
    return SYS_ERR_OK;
}

static errval_t exchange(struct rpc_session *session, const void *message, size_t message_bytes,
                         struct rpc_bytes *response, uint32_t *cap)
{
    return exchange_cap(session, message, message_bytes, NULL_CAP, response, cap);
}

static errval_t post(struct rpc_session *session, const void *message, size_t message_bytes)
{
    struct rpc_bytes response = {0};
    uint32_t cap;
    errval_t err = exchange_cap(session, message, message_bytes, NULL_CAP, &response, &cap);
    free((void *)response.data);
    return err;
}

static errval_t fetch(struct rpc_session *session, uint32_t number, struct capref *taken)
{
    struct caller *caller = session->state;
    struct capref *kept = &caller->kept[number % MESSAGE_KEPT_CAPS];
    if (capref_is_null(*kept) || number > caller->last || caller->last - number >= MESSAGE_KEPT_CAPS) {
        return NAMES_ERR_NO_NAME;
    }
    *taken = *kept;
    *kept = NULL_CAP;
    return SYS_ERR_OK;
}

static errval_t opened(struct rpc_session *session)
{
    struct caller *caller = calloc(1, sizeof(*caller));
    session->state = caller;
    for (unsigned i = 0; caller && i < MESSAGE_KEPT_CAPS; i++) {
        caller->kept[i] = NULL_CAP;
    }
    return caller ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
}

static void closed(struct rpc_session *session)
{
    struct caller *caller = session->state;
    if (caller->handler) {
        leave(caller->handler);
    }
    free(caller);
}

static const struct message_operations operations = {
    .open = open,
    .exchange = exchange,
    .exchange_cap = exchange_cap,
    .fetch = fetch,
    .post = post,
};

const struct rpc_service handler_service = {
    .skeleton = &message_skeleton,
    .operations = &operations,
    .opened = opened,
    .closed = closed,
};
