#include <aos/arguments.h>
#include <aos/dispatch.h>
#include <aos/process.h>
#include <aos_rpc/channel.h>
#include <interfaces/proc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/// Strings one behind the other, each with its 0.
struct packed {
    char *text;
    size_t bytes;
    uint32_t argument_count, environment_count;
};

static size_t bytes_of(const char *const *strings, uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        bytes += strlen(strings[i]) + 1;
    }
    return bytes;
}

static char *append(char *at, const char *const *strings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        at = stpcpy(at, strings[i]) + 1;
    }
    return at;
}

static errval_t pack(int argc, const char *const *argv, const char *const *envp, struct packed *packed)
{
    uint32_t count = 0;
    while (envp && envp[count]) {
        count++;
    }
    packed->argument_count = (uint32_t)argc;
    packed->environment_count = count;
    packed->bytes = bytes_of(argv, packed->argument_count) + bytes_of(envp, count);
    packed->text = malloc(packed->bytes);
    if (!packed->text) {
        return LIB_ERR_MALLOC_FAIL;
    }
    append(append(packed->text, argv, packed->argument_count), envp, count);
    return SYS_ERR_OK;
}

static errval_t spawn(struct aos_rpc *chan, const struct packed *packed, coreid_t core, domainid_t *newpid)
{
    struct rpc_client *client;
    uint32_t pid;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    err =
        aos_rpc_end(chan, proc_spawn(client, packed->text, packed->text, packed->bytes,
                                     packed->argument_count, packed->environment_count, core, 0, 0, 0, &pid));
    if (err_is_ok(err) && newpid) {
        *newpid = pid;
    }
    return err;
}

/// By the server of that core, to which lib/process has the channel.
static errval_t spawn_elsewhere(int argc, const char *const *argv, const char *const *envp, coreid_t core,
                                domainid_t *newpid)
{
    const struct process_options options = {.core = core, .envp = envp};
    const char **strings = malloc(((size_t)argc + 1) * sizeof(*strings)); // with the NULL that ends it
    domainid_t pid;
    if (!strings) {
        return LIB_ERR_MALLOC_FAIL;
    }
    memcpy(strings, argv, (size_t)argc * sizeof(*strings));
    strings[argc] = NULL;
    errval_t err = process_spawn(argv[0], strings, &options, &pid);
    free(strings);
    if (err_is_ok(err) && newpid) {
        *newpid = pid;
    }
    return err;
}

errval_t aos_rpc_process_spawn_with_args(struct aos_rpc *chan, int argc, const char *const *argv,
                                         const char *const *envp, coreid_t core, domainid_t *newpid)
{
    struct packed packed;
    if (argc < 1) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (core != disp_get_core_id()) {
        return spawn_elsewhere(argc, argv, envp, core, newpid);
    }
    errval_t err = pack(argc, argv, envp ? envp : (const char *const *)environ, &packed);
    if (err_is_ok(err)) {
        err = spawn(chan, &packed, core, newpid);
        free(packed.text);
    }
    return err;
}

errval_t aos_rpc_process_spawn(struct aos_rpc *chan, const char *name, coreid_t core, domainid_t *newpid)
{
    // Of n characters at most half and one are words.
    size_t length = strlen(name);
    char *words = malloc(length + 1);
    const char **argv = malloc((length / 2 + 1) * sizeof(*argv));
    int argc = 0;
    errval_t err = words && argv ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
    if (err_is_ok(err)) {
        char *rest, *word = strtok_r(strcpy(words, name), " ", &rest);
        while (word) {
            argv[argc++] = word;
            word = strtok_r(NULL, " ", &rest);
        }
        err = aos_rpc_process_spawn_with_args(chan, argc, argv, NULL, core, newpid);
    }
    free(argv);
    free(words);
    return err;
}

errval_t aos_rpc_process_spawn_blocking(struct aos_rpc *chan, const char *name, coreid_t core,
                                        struct process_end *end)
{
    domainid_t pid;
    errval_t err = aos_rpc_process_spawn(chan, name, core, &pid);
    return err_is_ok(err) ? aos_rpc_process_wait(chan, pid, end) : err;
}

errval_t aos_rpc_process_get_name(struct aos_rpc *chan, domainid_t pid, char **name)
{
    if (process_core(pid) != disp_get_core_id()) {
        return process_get_name(pid, name);
    }
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, proc_name(client, pid, name)) : err;
}

errval_t aos_rpc_process_get_all_pids(struct aos_rpc *chan, domainid_t **pids, size_t *pid_count)
{
    (void)chan; // of one core; this asks all
    return process_get_all_pids(pids, pid_count);
}

errval_t aos_rpc_process_get_status(struct aos_rpc *chan, domainid_t pid, struct process_status *status)
{
    if (process_core(pid) != disp_get_core_id()) {
        return process_get_status(pid, status);
    }
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    uint32_t state, parent, reason;
    int32_t exit_code;
    uint64_t address, pc;
    err = aos_rpc_end(chan, proc_status(client, pid, &state, &parent, &reason, &exit_code, &address, &pc));
    if (err_is_ok(err)) {
        *status = (struct process_status){state, parent, {reason, exit_code, address, pc}};
    }
    return err;
}

errval_t aos_rpc_process_wait(struct aos_rpc *chan, domainid_t pid, struct process_end *end)
{
    if (process_core(pid) != disp_get_core_id()) {
        return process_wait(pid, end);
    }
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    uint32_t ended, reason;
    int32_t exit_code;
    uint64_t address, pc;
    err = aos_rpc_end(chan, proc_wait(client, pid, &ended, &reason, &exit_code, &address, &pc));
    if (err_is_ok(err) && end) {
        *end = (struct process_end){reason, exit_code, address, pc};
    }
    return err;
}

errval_t aos_rpc_process_kill(struct aos_rpc *chan, domainid_t pid)
{
    if (process_core(pid) != disp_get_core_id()) {
        return process_kill(pid);
    }
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, proc_kill(client, pid)) : err;
}

errval_t aos_rpc_process_exit(struct aos_rpc *chan, int status)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &proc_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, proc_exit(client, status)) : err;
}
