/**
 * The table of all processes: those of each core, one after the other.
 */
#include <abi/syscall.h>
#include <aos/process.h>
#include <interfaces/proc.h>
#include <process/client.h>
#include <stdlib.h>
#include <string.h>

/// Gets what one core has. \param data memory from malloc(), or NULL
typedef errval_t (*get_t)(struct rpc_client *client, void **data, size_t *bytes);

static errval_t get_pids(struct rpc_client *client, void **data, size_t *bytes)
{
    uint32_t *pids;
    size_t count;
    errval_t err = proc_pids(client, &pids, &count);
    if (err_is_ok(err)) {
        *data = pids;
        *bytes = count * sizeof(*pids);
    }
    return err;
}

static errval_t get_entries(struct rpc_client *client, void **data, size_t *bytes)
{
    return proc_list(client, data, bytes);
}

/// Appends what a core has.
static errval_t append(coreid_t core, get_t get, char **all, size_t *all_bytes)
{
    struct rpc_client *client;
    void *data;
    size_t bytes;
    errval_t err = process_client_get(core, &client);
    if (err_is_ok(err)) {
        err = process_client_put(core, get(client, &data, &bytes));
    }
    if (err_is_fail(err)) {
        return err;
    }
    if (bytes) {
        char *longer = realloc(*all, *all_bytes + bytes);
        if (longer) {
            memcpy(longer + *all_bytes, data, bytes);
            *all = longer;
            *all_bytes += bytes;
        } else {
            err = LIB_ERR_MALLOC_FAIL;
        }
    }
    free(data);
    return err;
}

/// A core that stops meanwhile has no processes.
static errval_t collect(get_t get, char **all, size_t *bytes)
{
    uint64_t running;
    errval_t err = process_cores(&running);
    *all = NULL;
    *bytes = 0;
    for (unsigned core = 0; core < CORES_MAX && err_is_ok(err); core++) {
        if (running >> core & 1) {
            err = append((coreid_t)core, get, all, bytes);
        }
    }
    if (err_is_fail(err)) {
        free(*all);
        *all = NULL;
    }
    return err;
}

errval_t process_get_all_pids(domainid_t **pids, size_t *count)
{
    char *all;
    size_t bytes;
    errval_t err = collect(get_pids, &all, &bytes);
    if (err_is_ok(err)) {
        *pids = (domainid_t *)(void *)all;
        *count = bytes / sizeof(**pids);
    }
    return err;
}

errval_t process_list(struct process_entry **entries, size_t *count)
{
    char *all;
    size_t bytes;
    errval_t err = collect(get_entries, &all, &bytes);
    if (err_is_ok(err)) {
        *entries = (struct process_entry *)(void *)all;
        *count = bytes / sizeof(**entries);
    }
    return err;
}
