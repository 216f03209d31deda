#include "start.h"

#include "allowance.h"
#include "ends.h"

#include <aos/aos.h>
#include <interfaces/monitor.h>
#include <interfaces/proc.h>
#include <process/announce.h>
#include <stdlib.h>
#include <string.h>

/// What a process may have of the memory server if nothing is said.
#define RAM_QUOTA_USUAL 0x4000000UL

/// That are started at a time. Each holds a thread of RPC_SERVER_THREADS while it waits for others.
#define STARTS_AT_ONCE 4

/// Bytes of arguments that calls may have waiting here.
#define QUEUED_BYTES_MAX 0x400000UL

/// A call that waits for its turn.
struct queued {
    struct start start;
    struct rpc_call *call;
    void (*answer)(struct rpc_call *call, errval_t err, uint32_t pid);
    struct queued *next;
    size_t bytes;
    char data[]; ///< Arguments, and path.
};

static struct {
    unsigned under_way;
    struct queued *first, **last;
    size_t queued_bytes;
    bool is_traced; ///< There is a trace that names processes.
} starts = {.last = &starts.first};

void start_init(void)
{
    struct capability_info info;
    starts.is_traced = err_is_ok(cap_identify(cap_trace, &info));
}

/// The allowance that a child lives on; it is in use then.
static errval_t take_allowance(struct process *child, struct process *parent, uint32_t processes)
{
    if (processes == 0 && parent->is_trusted) {
        processes = ALLOWANCE_USUAL;
    }
    child->allowance =
        processes ? allowance_create(parent->allowance, parent->pid, processes) : parent->allowance;
    if (!child->allowance) {
        return PROC_ERR_LIMIT;
    }
    return allowance_take(child->allowance);
}

/// Makes the child's entry, as far as it depends on the parent.
static errval_t make_entry(const struct start *start, struct process **ret)
{
    struct process *parent = process_find(start->parent);
    if (!parent || parent->state != PROCESS_RUNNING) {
        return PROC_ERR_NO_PROCESS;
    }
    if (start->core != disp_get_core_id()) {
        return PROC_ERR_CORE;
    }
    if (strlen(start->path) >= PROCESS_NAME_BYTES) {
        return err_push(SPAWN_ERR_FIND_MODULE, SPAWN_ERR_LOAD);
    }
    uint64_t quota = start->ram_quota ? start->ram_quota : RAM_QUOTA_USUAL;
    if (quota > parent->ram_quota) {
        if (start->ram_quota) {
            return PROC_ERR_QUOTA;
        }
        quota = parent->ram_quota;
    }
    struct process *process = process_create();
    if (!process) {
        return PROC_ERR_LIMIT;
    }
    errval_t err = take_allowance(process, parent, start->processes);
    if (err_is_fail(err)) {
        process_destroy(process);
        return err;
    }
    strcpy(process->name, start->path);
    process->ram_quota = quota;
    process->is_ours = true;
    process->is_starting = true;
    process->is_detached = start->flags & PROC_DETACHED;
    *ret = process;
    return SYS_ERR_OK;
}

/// Has init make its channel: then it has a number. Blocks.
static errval_t adopt(struct process *process, struct capref *endpoint)
{
    struct rpc_client *init;
    errval_t err = rpc_init_channel(&init);
    if (err_is_ok(err)) {
        err = monitor_adopt(init, process->name, process->ram_quota, &process->pid, endpoint);
    }
    return err;
}

/// Builds and starts it. Blocks.
static errval_t load(const struct start *start, struct process *process, struct capref endpoint)
{
    const struct spawn_grant grant = {.slot = PROCESS_SLOT_GRANT, .cap = start->grant};
    const struct spawn_request request = {
        .name = process->name,
        .packed = start->arguments ? start->arguments : "",
        .packed_bytes = start->arguments_bytes,
        .argc = start->argument_count,
        .envc = start->environment_count,
        .pid = process->pid,
        .parent_endpoint = endpoint,
        .give_parent_endpoint = true,
        .end_endpoint = ends_endpoint(),
        .grants = &grant,
        .grant_count = capref_is_null(start->grant) ? 0 : 1,
    };
    errval_t err = spawn_load(&request, &process->spawn);
    if (err_is_fail(err)) {
        cap_discard(endpoint); // its session goes with it
        return err;
    }
    slot_free(endpoint);
    process->ram_bytes = process->spawn.ram_bytes;
    err = allowance_take_ram(process->allowance, process->ram_bytes);
    if (err_is_fail(err)) {
        process->ram_bytes = 0;
        spawn_destroy(&process->spawn);
    }
    return err;
}

static void announce(const struct process *process)
{
    struct rpc_client *init;
    if (disp_get_core_id() == 0) {
        domain_announce(process->spawn.dispatcher_number, process->name, process->pid);
    } else if (err_is_ok(rpc_init_channel(&init))) {
        monitor_announce(init, process->spawn.dispatcher_number, process->name, process->pid);
    }
}

/// It runs: it is known to everybody, and its parent's if that is there yet.
static void enter(const struct start *start, struct process *process)
{
    struct process *parent = process_find(start->parent);
    if (parent && parent->state == PROCESS_RUNNING) {
        process_adopt(parent, process);
    }
    process_insert_dispatcher(process);
    process->is_starting = false;
    memcpy(process->cycles, process->spawn.cycles, sizeof(process->spawn.cycles));
    if (starts.is_traced) {
        announce(process);
    }
    process->cycles[PROCESS_TIME_STARTED] = cycle_count();
    ends_check(process);
}

/// \return SYS_ERR_OK and `pid`, or why not. Blocks
static errval_t run(const struct start *start, uint32_t *pid)
{
    const uint64_t begin = cycle_count();
    struct process *process;
    struct capref endpoint;
    errval_t err = make_entry(start, &process);
    if (err_is_fail(err)) {
        return err;
    }
    err = adopt(process, &endpoint);
    if (err_is_ok(err)) {
        process_insert(process); // its first call may come before we are back
        process->cycles[PROCESS_TIME_CALLED] = begin;
        process->cycles[PROCESS_PHASE_ADOPT] = cycle_count() - begin;
        err = load(start, process, endpoint);
    }
    if (err_is_fail(err)) {
        allowance_give_back(process->allowance, process->ram_bytes);
        process_destroy(process);
        return err;
    }
    *pid = process->pid;
    enter(start, process);
    return SYS_ERR_OK;
}

static void delete_grant(const struct start *start)
{
    if (!capref_is_null(start->grant)) {
        cap_discard(start->grant);
    }
}

/// Keeps a call for later. \return RPC_LATER, or why that is not possible
static errval_t enqueue(struct rpc_session *session, const struct start *start,
                        void (*answer)(struct rpc_call *call, errval_t err, uint32_t pid))
{
    const size_t path_bytes = strlen(start->path) + 1, bytes = start->arguments_bytes + path_bytes;
    if (bytes > QUEUED_BYTES_MAX - starts.queued_bytes) {
        return RPC_ERR_BUSY;
    }
    struct queued *queued = malloc(sizeof(*queued) + bytes);
    if (!queued) {
        return LIB_ERR_MALLOC_FAIL;
    }
    struct rpc_call *call = rpc_defer(session);
    if (!call) {
        free(queued);
        return LIB_ERR_MALLOC_FAIL;
    }
    *queued = (struct queued){.start = *start, .call = call, .answer = answer, .bytes = bytes};
    if (start->arguments_bytes) {
        queued->start.arguments = memcpy(queued->data, start->arguments, start->arguments_bytes);
    }
    queued->start.path = memcpy(queued->data + start->arguments_bytes, start->path, path_bytes);
    *starts.last = queued;
    starts.last = &queued->next;
    starts.queued_bytes += bytes;
    return RPC_LATER;
}

/// Starts what waits, and answers it.
static void run_queue(void)
{
    while (starts.first) {
        struct queued *queued = starts.first;
        uint32_t pid = 0;
        starts.first = queued->next;
        if (!starts.first) {
            starts.last = &starts.first;
        }
        starts.queued_bytes -= queued->bytes;
        errval_t err = rpc_call_session(queued->call) ? run(&queued->start, &pid) : RPC_ERR_PEER_GONE;
        delete_grant(&queued->start);
        queued->answer(queued->call, err, pid);
        free(queued);
    }
}

errval_t start_process(struct rpc_session *session, const struct start *start,
                       void (*answer)(struct rpc_call *call, errval_t err, uint32_t pid), uint32_t *pid)
{
    errval_t err;
    if (starts.under_way == STARTS_AT_ONCE) {
        err = enqueue(session, start, answer);
        if (err != RPC_LATER) {
            delete_grant(start);
        }
        return err;
    }
    starts.under_way++;
    err = run(start, pid);
    delete_grant(start);
    if (starts.first) {
        // The caller does not wait for others: it has its answer before their turn comes.
        struct rpc_call *call = rpc_defer(session);
        if (call) {
            answer(call, err, *pid);
            err = RPC_LATER;
        }
        run_queue();
    }
    starts.under_way--;
    ends_bury();
    return err;
}
