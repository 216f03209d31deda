/**
 * Starts itself again and again, in every copy, until it is refused. Then each copy waits for those that it
 * started, so that in the end nothing is left.
 *
 * \return exit code 0 if all went so; the first one says how many there were
 */
#include <aos/process.h>
#include <stdio.h>
#include <stdlib.h>

/// Exit codes of copies: what was met, in a number that parents pass on.
#define MET_LIMIT 0
#define FAILED    1

static bool is_limit(errval_t err)
{
    while (err_is_fail(err) && err_no(err) != PROC_ERR_LIMIT) {
        err = err_pop(err);
    }
    return err_is_fail(err);
}

/// \return how many it has started
static unsigned start_copies(const char *name, int *status)
{
    const char *const argv[] = {name, "copy", NULL};
    unsigned started = 0;
    domainid_t pid;
    errval_t err;
    while (err_is_ok(err = process_spawn(name, argv, NULL, &pid))) {
        started++;
    }
    if (!is_limit(err)) {
        printf("forkbomb: %s\n", err_getstring(err));
        *status = FAILED;
    }
    return started;
}

int main(int argc, char *argv[])
{
    int status = MET_LIMIT;
    unsigned started = start_copies(argv[0], &status);
    struct process_end end;
    domainid_t pid;
    for (unsigned i = 0; i < started; i++) {
        if (err_is_fail(process_wait_any(&pid, &end)) || end.reason != PROCESS_EXITED
            || end.exit_code != MET_LIMIT) {
            status = FAILED;
        }
    }
    if (argc == 1) {
        printf("forkbomb: was refused; the first one started %u\n", started);
    }
    return status;
}
