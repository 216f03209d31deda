#include <aos/aos.h>
#include <aos/process.h>
#include <interfaces/proc.h>
#include <process/client.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHORT_BYTES 512 ///< Strings of most calls fit; for more memory is allocated.

/// Strings one behind the other, as the server takes them.
struct packed {
    char *text;
    size_t bytes;
    uint32_t arguments, environment;
    char here[SHORT_BYTES];
};

/// \return false if they are more than any program may have
static bool measure(const char *const *strings, uint32_t *count, size_t *bytes)
{
    for (*count = 0; strings && strings[*count]; ++*count) {
        size_t room = ARGUMENTS_LIMIT_BYTES - *bytes;
        size_t length = strnlen(strings[*count], room);
        if (length == room) {
            return false;
        }
        *bytes += length + 1;
    }
    return true;
}

static char *append(char *at, const char *const *strings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        at = stpcpy(at, strings[i]) + 1;
    }
    return at;
}

static errval_t pack(struct packed *packed, const char *const *argv, const char *const *envp)
{
    packed->bytes = 0;
    if (!measure(argv, &packed->arguments, &packed->bytes)
        || !measure(envp, &packed->environment, &packed->bytes)) {
        return LIB_ERR_ARGUMENTS_TOO_LONG;
    }
    packed->text = packed->bytes <= sizeof(packed->here) ? packed->here : malloc(packed->bytes);
    if (!packed->text) {
        return LIB_ERR_MALLOC_FAIL;
    }
    append(append(packed->text, argv, packed->arguments), envp, packed->environment);
    return SYS_ERR_OK;
}

static errval_t call(const char *path, const struct packed *packed, const struct process_options *options,
                     domainid_t *pid)
{
    struct rpc_client *client;
    errval_t err = process_client_get(options->core, &client);
    if (err_is_fail(err)) {
        return process_has_no_core(err) ? err_push(err, PROC_ERR_CORE) : err;
    }
    if (!options->is_detached) {
        process_note_child(options->core);
    }
    const uint32_t flags = options->is_detached ? PROC_DETACHED : 0;
    err = options->grant
              ? proc_spawn_with_cap(client, path, packed->text, packed->bytes, packed->arguments,
                                    packed->environment, options->core, options->ram_bytes,
                                    options->processes, flags, *options->grant, pid)
              : proc_spawn(client, path, packed->text, packed->bytes, packed->arguments, packed->environment,
                           options->core, options->ram_bytes, options->processes, flags, pid);
    return process_client_put(options->core, err);
}

errval_t process_spawn(const char *path, const char *const *argv, const struct process_options *options,
                       domainid_t *pid)
{
    const struct process_options usual = {.core = disp_get_core_id()};
    struct packed packed;
    options = options ? options : &usual;
    errval_t err = pack(&packed, argv, options->envp ? options->envp : (const char *const *)environ);
    if (err_is_fail(err)) {
        return err;
    }
    err = call(path, &packed, options, pid);
    if (packed.text != packed.here) {
        free(packed.text);
    }
    return err;
}
