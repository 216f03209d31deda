#include "parking.h"

#include "cores.h"
#include "intermon.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <interfaces/monitor_server.h>

/// Who waits for a core: to stop, and to go on.
static struct {
    struct rpc_call *parks, *resumes;
} waiting[CORES_MAX];

errval_t parking_park(struct rpc_session *session, coreid_t core)
{
    const struct intermon_message message = {.kind = INTERMON_PARK};
    if (core == HOME_CORE || core == disp_get_core_id() || core >= CORES_MAX) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (waiting[core].parks || waiting[core].resumes) {
        return SYS_ERR_CORE_STATE;
    }
    errval_t err = intermon_send(core, &message);
    if (err_is_fail(err)) {
        return err;
    }
    waiting[core].parks = rpc_defer(session);
    return waiting[core].parks ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
}

errval_t parking_resume(struct rpc_session *session, coreid_t core)
{
    if (core >= CORES_MAX || waiting[core].resumes) {
        return SYS_ERR_CORE_STATE;
    }
    // The core's monitor reads it when it goes on, and answers.
    const struct intermon_message message = {.kind = INTERMON_RESUME};
    errval_t err = core_resume(cap_core, core);
    if (err_is_ok(err)) {
        err = intermon_send(core, &message);
    }
    if (err_is_fail(err)) {
        return err;
    }
    waiting[core].resumes = rpc_defer(session);
    return waiting[core].resumes ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
}

/// On the core that is to stop. What comes meanwhile waits in the channels.
static void handle_park(coreid_t from, const struct intermon_message *message)
{
    const struct intermon_message answer = {.kind = INTERMON_PARKED};
    (void)message;
    intermon_send(from, &answer);
    errval_t err = core_park(cap_core, disp_get_core_id());
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "parking core %u", (unsigned)disp_get_core_id());
    }
}

static void handle_resume(coreid_t from, const struct intermon_message *message)
{
    const struct intermon_message answer = {.kind = INTERMON_RESUMED};
    (void)message;
    intermon_send(from, &answer);
}

static void handle_parked(coreid_t from, const struct intermon_message *message)
{
    (void)message;
    struct rpc_call *call = waiting[from].parks;
    if (call) {
        waiting[from].parks = NULL;
        monitor_park_answer(call, SYS_ERR_OK);
    }
}

static void handle_resumed(coreid_t from, const struct intermon_message *message)
{
    (void)message;
    struct rpc_call *call = waiting[from].resumes;
    if (call) {
        waiting[from].resumes = NULL;
        monitor_resume_answer(call, SYS_ERR_OK);
    }
}

void parking_init(void)
{
    intermon_handle(INTERMON_PARK, handle_park);
    intermon_handle(INTERMON_PARKED, handle_parked);
    intermon_handle(INTERMON_RESUME, handle_resume);
    intermon_handle(INTERMON_RESUMED, handle_resumed);
}
