#include "operations.h"

#include "allowance.h"
#include "ends.h"
#include "start.h"
#include "watch.h"

#include <aos/aos.h>
#include <interfaces/monitor.h>
#include <interfaces/proc_server.h>
#include <stdlib.h>
#include <string.h>

/// A process that clients may know of. \return NULL if there is none of this number
static struct process *find(domainid_t pid)
{
    struct process *process = process_find(pid);
    return process && process->is_ours && !process->is_starting ? process : NULL;
}

static errval_t spawn_with_cap(struct rpc_session *session, const char *path, const void *arguments,
                               size_t arguments_bytes, uint32_t argument_count, uint32_t environment_count,
                               uint32_t core, uint64_t ram_bytes, uint32_t processes, uint32_t flags,
                               struct capref grant, uint32_t *pid)
{
    const struct start start = {
        .parent = session->pid,
        .path = path,
        .arguments = arguments,
        .arguments_bytes = arguments_bytes,
        .argument_count = argument_count,
        .environment_count = environment_count,
        .core = core,
        .ram_quota = ram_bytes,
        .processes = processes,
        .flags = flags,
        .grant = grant,
    };
    return start_process(session, &start,
                         capref_is_null(grant) ? proc_spawn_answer : proc_spawn_with_cap_answer, pid);
}

static errval_t spawn(struct rpc_session *session, const char *path, const void *arguments,
                      size_t arguments_bytes, uint32_t argument_count, uint32_t environment_count,
                      uint32_t core, uint64_t ram_bytes, uint32_t processes, uint32_t flags, uint32_t *pid)
{
    return spawn_with_cap(session, path, arguments, arguments_bytes, argument_count, environment_count, core,
                          ram_bytes, processes, flags, NULL_CAP, pid);
}

static errval_t name(struct rpc_session *session, uint32_t pid, struct rpc_bytes *name)
{
    (void)session;
    const struct process *process = find(pid);
    if (!process) {
        return PROC_ERR_NO_PROCESS;
    }
    *name = (struct rpc_bytes){.data = process->name, .bytes = strlen(process->name) + 1};
    return SYS_ERR_OK;
}

/// Goes through all that clients may know of.
static struct process *next_known(const struct process *process)
{
    struct process *next = process_next(process);
    while (next && next->is_starting) {
        next = process_next(next);
    }
    return next;
}

static errval_t pids(struct rpc_session *session, struct rpc_bytes *pids)
{
    (void)session;
    size_t count = 0;
    uint32_t *all = malloc((process_count() + 1) * sizeof(*all));
    if (!all) {
        return LIB_ERR_MALLOC_FAIL;
    }
    for (const struct process *process = next_known(NULL); process; process = next_known(process)) {
        all[count++] = process->pid;
    }
    *pids = (struct rpc_bytes){all, count * sizeof(*all), true};
    return SYS_ERR_OK;
}

static domainid_t parent_of(const struct process *process)
{
    return process->parent ? process->parent->pid : 0;
}

static errval_t status(struct rpc_session *session, uint32_t pid, uint32_t *state, uint32_t *parent,
                       uint32_t *reason, int32_t *exit_code, uint64_t *address, uint64_t *pc)
{
    (void)session;
    ends_take_news();
    const struct process *process = find(pid);
    if (!process) {
        return PROC_ERR_NO_PROCESS;
    }
    *state = process->state;
    *parent = parent_of(process);
    *reason = process->end.reason;
    *exit_code = process->end.exit_code;
    *address = process->end.address;
    *pc = process->end.pc;
    return SYS_ERR_OK;
}

static errval_t wait(struct rpc_session *session, uint32_t pid, uint32_t *ended, uint32_t *reason,
                     int32_t *exit_code, uint64_t *address, uint64_t *pc)
{
    struct process *caller = process_find(session->pid), *process = NULL;
    if (!caller || caller->state != PROCESS_RUNNING) {
        return PROC_ERR_NO_PROCESS;
    }
    if (pid == PROC_ANY_CHILD) {
        if (caller->child_count == 0) {
            return PROC_ERR_NO_CHILD;
        }
        process = caller->zombies.first;
    } else if (!(process = find(pid))) {
        return PROC_ERR_NO_PROCESS;
    }
    if (!process || !process->is_buried) {
        return watch_call(session, process, caller);
    }
    *ended = process->pid;
    *reason = process->end.reason;
    *exit_code = process->end.exit_code;
    *address = process->end.address;
    *pc = process->end.pc;
    if (process->parent == caller) {
        ends_forget(process);
    }
    return SYS_ERR_OK;
}

/// May a process end another one?
static bool may_end(const struct process *caller, const struct process *process)
{
    if (allowance_is_owned_by(process->allowance, caller->pid)) {
        return true;
    }
    while (process && process != caller) {
        process = process->parent;
    }
    return process != NULL;
}

static errval_t kill(struct rpc_session *session, uint32_t pid)
{
    const struct process *caller = process_find(session->pid);
    struct process *process = find(pid);
    if (!caller || !process || process->state != PROCESS_RUNNING) {
        return PROC_ERR_NO_PROCESS;
    }
    if (!caller->is_trusted && !may_end(caller, process)) {
        return PROC_ERR_NOT_ALLOWED;
    }
    return ends_stop(process, PROCESS_KILLED, 0);
}

static errval_t end_caller(struct rpc_session *session, int32_t code)
{
    struct process *process = find(session->pid);
    if (!process || process->state != PROCESS_RUNNING) {
        return PROC_ERR_NO_PROCESS;
    }
    return ends_stop(process, PROCESS_EXITED, code);
}

static errval_t observe(struct rpc_session *session, uint32_t pid, struct capref endpoint)
{
    struct process *process = pid == PROC_EVERY_PROCESS ? NULL : find(pid);
    errval_t err = PROC_ERR_NO_PROCESS;
    if (pid == PROC_EVERY_PROCESS || process) {
        err = watch_observe(session, process, endpoint);
    }
    if (err_is_fail(err)) {
        cap_discard(endpoint);
    } else if (process && process->is_buried) {
        watch_tell(process);
    }
    return err;
}

static errval_t list(struct rpc_session *session, struct rpc_bytes *entries)
{
    (void)session;
    size_t count = 0;
    struct process_entry *all = calloc(process_count() + 1, sizeof(*all));
    if (!all) {
        return LIB_ERR_MALLOC_FAIL;
    }
    for (const struct process *process = next_known(NULL); process; process = next_known(process)) {
        struct process_entry *entry = &all[count++];
        *entry = (struct process_entry){
            .pid = process->pid,
            .parent = parent_of(process),
            .state = process->state,
            .reason = process->end.reason,
            .exit_code = process->end.exit_code,
            .children = process->child_count,
            .ram_bytes = process->is_buried ? 0 : process->ram_bytes,
        };
        strcpy(entry->name, process->name);
    }
    *entries = (struct rpc_bytes){all, count * sizeof(*all), true};
    return SYS_ERR_OK;
}

static errval_t phases(struct rpc_session *session, uint32_t pid, struct rpc_bytes *cycles)
{
    (void)session;
    const struct process *process = find(pid);
    if (!process) {
        return PROC_ERR_NO_PROCESS;
    }
    *cycles = (struct rpc_bytes){.data = process->cycles, .bytes = sizeof(process->cycles)};
    return SYS_ERR_OK;
}

/// Whether it is there for processes and channels: not for the memory that this domain uses or keeps, how
/// much of which there is can be told otherwise.
static bool counts(enum objtype type)
{
    switch (type) {
    case ObjType_L1CNode:
    case ObjType_L2CNode:
    case ObjType_Dispatcher:
    case ObjType_Remains:
    case ObjType_EndPoint:
        return true;
    default:
        return false;
    }
}

/// Capabilities in this domain's CSpace that count, and those of RAM.
static uint64_t count_capabilities(uint64_t *ram)
{
    struct capability_info info;
    uint64_t count = *ram = 0;
    for (cslot_t l1_slot = 0; l1_slot < cspace_l1_slots(); l1_slot++) {
        if (err_is_fail(cap_identify(capref_make_l1(TASKCN_SLOT_ROOTCN, l1_slot), &info))) {
            continue;
        }
        count++;
        for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
            if (err_is_ok(cap_identify(capref_make(TASKCN_SLOT_ROOTCN, l1_slot, slot), &info))) {
                count += counts(info.type);
                *ram += info.type == ObjType_RAM;
            }
        }
    }
    return count;
}

static errval_t usage(struct rpc_session *session, uint64_t *processes, uint64_t *watches,
                      uint64_t *capabilities, uint64_t *slots, int64_t *ram_bytes, uint64_t *borrowed_bytes)
{
    (void)session;
    uint64_t ram;
    *capabilities = count_capabilities(&ram);
    *processes = process_count();
    *watches = watch_count();
    *slots = slot_alloc_used() - ram;
    *borrowed_bytes = ram_alloc_borrowed_bytes();
    *ram_bytes = (int64_t)(*borrowed_bytes - ram_alloc_free_bytes() - ram_alloc_kept_bytes());
    return SYS_ERR_OK;
}

/// The entry of a client that was not started here: by init, or on another core.
static errval_t make_client_entry(const struct rpc_session *session)
{
    struct process *process = process_create();
    if (!process) {
        return PROC_ERR_LIMIT;
    }
    const domainid_t pid = session->pid;
    const bool is_of_here = pid >> PID_CORE_SHIFT == disp_get_core_id();
    process->pid = pid;
    process->is_trusted = is_of_here || session->rights & MONITOR_RIGHT_TRUSTED;
    process->ram_quota = process->is_trusted ? UINT64_MAX : session->quota;
    process->allowance =
        process->is_trusted ? allowance_create(NULL, pid, ALLOWANCE_OF_CLIENT) : allowance_of_remote(pid);
    errval_t err = process->allowance ? allowance_take(process->allowance) : LIB_ERR_MALLOC_FAIL;
    if (err_is_fail(err)) {
        process_destroy(process);
        return err;
    }
    process_insert(process);
    return SYS_ERR_OK;
}

static errval_t opened(struct rpc_session *session)
{
    errval_t err = SYS_ERR_OK;
    struct client *client = calloc(1, sizeof(*client));
    if (!client) {
        return LIB_ERR_MALLOC_FAIL;
    }
    struct process *process = process_find(session->pid);
    if (!process) {
        err = make_client_entry(session);
        process = process_find(session->pid);
    }
    if (err_is_fail(err)) {
        free(client);
        return err;
    }
    process->clients++;
    session->state = client;
    return SYS_ERR_OK;
}

static void closed(struct rpc_session *session)
{
    struct process *process = process_find(session->pid);
    watch_drop_client(session->state);
    free(session->state);
    session->state = NULL;
    if (process && --process->clients == 0 && !process->is_ours) {
        ends_client_gone(process);
    }
}

static const struct proc_operations operations = {
    .spawn = spawn,
    .spawn_with_cap = spawn_with_cap,
    .name = name,
    .pids = pids,
    .status = status,
    .wait = wait,
    .kill = kill,
    .exit = end_caller,
    .observe = observe,
    .list = list,
    .phases = phases,
    .usage = usage,
};

const struct rpc_service proc_service = {
    .skeleton = &proc_skeleton,
    .operations = &operations,
    .call_bytes_max = ARGUMENTS_LIMIT_BYTES + BASE_PAGE_SIZE, // arguments, and a path
    .opened = opened,
    .closed = closed,
};
