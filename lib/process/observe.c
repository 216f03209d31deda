#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/process.h>
#include <aos/rpc_server.h>
#include <aos/slot_alloc.h>
#include <interfaces/observer_server.h>
#include <interfaces/proc.h>
#include <process/client.h>
#include <rpc/serving.h>
#include <stdlib.h>

struct process_observer {
    struct rpc_session *session; ///< The server's, by which it tells us.
    void (*told)(void *context, domainid_t pid, const struct process_end *end);
    void *context;
    domainid_t pid;
};

static errval_t ended(struct rpc_session *session, uint32_t pid, uint32_t reason, int32_t exit_code,
                      uint64_t address, uint64_t pc)
{
    const struct process_observer *observer = session->state;
    const struct process_end end = {
        .reason = reason,
        .exit_code = exit_code,
        .address = address,
        .pc = pc,
    };
    observer->told(observer->context, pid, &end);
    return SYS_ERR_OK;
}

static void closed(struct rpc_session *session)
{
    struct process_observer *observer = session->state;
    if (observer) {
        observer->told(observer->context, observer->pid, NULL);
        free(observer);
    }
}

static const struct observer_operations operations = {.ended = ended};
static const struct rpc_service service = {
    .skeleton = &observer_skeleton,
    .operations = &operations,
    .closed = closed,
};

/// \param endpoint the server's then, whatever is returned
static errval_t ask(domainid_t pid, struct capref endpoint)
{
    struct rpc_client *client;
    errval_t err = process_client_get(disp_get_core_id(), &client);
    if (err_is_ok(err)) {
        err = process_client_put(disp_get_core_id(), proc_observe(client, pid, endpoint));
    }
    return err;
}

/// With the baton: nothing that the server tells is handled before the observer is complete.
static errval_t observe(domainid_t pid, struct process_observer *observer)
{
    struct capref endpoint;
    errval_t err = rpc_session_create(&service, 0, 0, NULL_CAP, &observer->session, &endpoint);
    if (err_is_fail(err)) {
        return err;
    }
    err = ask(pid, endpoint);
    if (err_is_fail(err)) {
        rpc_session_cut(observer->session);
    } else {
        observer->session->state = observer;
    }
    return err;
}

errval_t process_observe(domainid_t pid,
                         void (*told)(void *context, domainid_t pid, const struct process_end *end),
                         void *context, struct process_observer **ret)
{
    if (pid != PROC_EVERY_PROCESS && process_core(pid) != disp_get_core_id()) {
        return PROC_ERR_CORE;
    }
    struct process_observer *observer = malloc(sizeof(*observer));
    if (!observer) {
        return LIB_ERR_MALLOC_FAIL;
    }
    *observer = (struct process_observer){.told = told, .context = context, .pid = pid};
    serving_take();
    errval_t err = observe(pid, observer);
    if (err_is_fail(err)) {
        free(observer);
    } else if (ret) {
        *ret = observer;
    }
    serving_leave();
    return err;
}

void process_unobserve(struct process_observer *observer)
{
    serving_take();
    rpc_session_cut(observer->session);
    serving_leave();
}
