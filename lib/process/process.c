#include <aos/dispatch.h>
#include <aos/process.h>
#include <interfaces/proc.h>
#include <process/client.h>
#include <stdlib.h>

errval_t process_wait_on(coreid_t core, domainid_t pid, domainid_t *ended, struct process_end *end)
{
    struct rpc_client *client;
    struct process_end ignored = {0};
    uint32_t reason = 0;
    int32_t exit_code = 0;
    errval_t err = process_client_get(core, &client);
    if (err_is_fail(err)) {
        return err;
    }
    end = end ? end : &ignored;
    err = proc_wait(client, pid, ended, &reason, &exit_code, &end->address, &end->pc);
    end->reason = reason;
    end->exit_code = exit_code;
    return process_client_put(core, err);
}

errval_t process_wait(domainid_t pid, struct process_end *end)
{
    domainid_t ended;
    if (pid == PROC_ANY_CHILD) {
        return PROC_ERR_NO_PROCESS;
    }
    errval_t err = process_wait_on(process_core(pid), pid, &ended, end);
    if (process_has_no_core(err)) {
        return err_push(err, PROC_ERR_NO_PROCESS);
    }
    // It may have been told of to a thread that waits for any child.
    return err_no(err) == PROC_ERR_NO_PROCESS && process_take_end(pid, end) ? SYS_ERR_OK : err;
}

errval_t process_get_status(domainid_t pid, struct process_status *status)
{
    struct rpc_client *client;
    uint32_t state = 0, reason = 0;
    int32_t exit_code = 0;
    errval_t err = process_client_of(pid, &client);
    if (err_is_fail(err)) {
        return err;
    }
    err = proc_status(client, pid, &state, &status->parent, &reason, &exit_code, &status->end.address,
                      &status->end.pc);
    status->state = state;
    status->end.reason = reason;
    status->end.exit_code = exit_code;
    return process_client_put(process_core(pid), err);
}

errval_t process_kill(domainid_t pid)
{
    struct rpc_client *client;
    errval_t err = process_client_of(pid, &client);
    return err_is_ok(err) ? process_client_put(process_core(pid), proc_kill(client, pid)) : err;
}

_Noreturn void process_exit(int code)
{
    exit(code); // the kernel tells the server
}

errval_t process_get_name(domainid_t pid, char **name)
{
    struct rpc_client *client;
    errval_t err = process_client_of(pid, &client);
    return err_is_ok(err) ? process_client_put(process_core(pid), proc_name(client, pid, name)) : err;
}

errval_t process_get_phases(domainid_t pid, uint64_t cycles[static PROCESS_TIMES_END])
{
    struct rpc_client *client;
    uint64_t *all;
    size_t count;
    errval_t err = process_client_of(pid, &client);
    if (err_is_ok(err)) {
        err = process_client_put(process_core(pid), proc_phases(client, pid, &all, &count));
    }
    if (err_is_fail(err)) {
        return err;
    }
    for (size_t i = 0; i < PROCESS_TIMES_END; i++) {
        cycles[i] = i < count ? all[i] : 0;
    }
    free(all);
    return SYS_ERR_OK;
}

errval_t process_get_usage(struct process_usage *usage)
{
    struct rpc_client *client;
    errval_t err = process_client_get(disp_get_core_id(), &client);
    if (err_is_fail(err)) {
        return err;
    }
    return process_client_put(disp_get_core_id(),
                              proc_usage(client, &usage->processes, &usage->watches, &usage->capabilities,
                                         &usage->slots, &usage->ram_bytes, &usage->borrowed_bytes));
}
